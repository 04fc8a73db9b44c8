"""Openings that say nothing are found, in several languages; the same words with something to say pass."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Here is a prime: 7.", "Sure, 7.", "Sure thing! 7.", "Certainly! It is 7.", "Of course! 7 is one.", "Absolutely! Take 7.", "Great question! 7.", "That's a great question. 7.", "I'd be happy to help! 7.", "I would be glad to assist you. 7.", "Thank you for your question. 7.",
        "Happy to help: 7.", "No problem! 7.", "Natürlich! 7.", "Gerne! 7.", "Bien sûr ! 7.", "¡Claro! 7.", "¡Por supuesto! 7.", "Certo! 7.", "当然可以！7。", "好的，7。", "もちろんです。7です。", "  Sure! 7.", "That’s an excellent question! 7.",
    ],
)  # fmt: skip
def test_a_stock_opening_is_found(answer):
    assert score("boilerplate_opening", "A prime?", answer) > 0


@pytest.mark.parametrize(
    "answer",
    [
        "Sure enough, it rained.", "Sure as eggs, 7 is prime.", "Surely 7.", "Surety bonds cost more.", "A sure thing is 7.", "Make sure, first, that it divides only by one.", "Certainly not.", "Certainly the oldest is 2.", "It is certainly 7.", "Of course records differ, but 7 is one.", "Of courses there are three.",
        "Absolutely nothing divides 7.", "Absolute zero is -273 °C.", "Great questions are short.", "The great question of 1850 was slavery.", "A great question deserves time.", "That is a prime.", "That's a good start: 7.", "That's a great deal of rain.", "I'd be happy to see you on Friday.", "I would be glad if you came.", "I would happily pay.", "Thank you for the flowers.", "Thank you, said the fox.",
        "No problems were found.", "No problem is too small for proof.", "Problem solved: 7.", "Happy birthday!", "Happy to be here, she smiled.", "Naturally, 7.", "Natürlich vorkommend ist Kupfer.", "Natürliche Zahlen beginnen bei eins.", "Gern geschehen ist nicht gern gesehen.", "Gerne esse ich Brot.", "Bien sûrement dit, mal fait.", "Bien que rare, il existe.", "Claro que no.", "Clara, 7.", "El cielo está claro, dijo.", "Por supuesto que no vino.", "Certosa di Pavia.", "Certo è che 7 basta.",
        "当然不是。", "当然有", "好的开始是成功的一半。", "好的咖啡需要时间。", "もちろん違います。", "“Sure!” he said, and left.", "7", "",
    ],
)  # fmt: skip
def test_what_goes_on_to_say_something_passes(answer):
    assert score("boilerplate_opening", "A prime?", answer) == 0
