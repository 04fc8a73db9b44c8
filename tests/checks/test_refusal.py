"""Refusals are found in many forms and languages; what only sounds like one is not."""

import pytest

from finesift.checks.refusal import refusal
from finesift.corpus import Corpus, chat
from finesift.models.answer import refuses

HOW = "How do I descale a kettle?"


def score(*contents, **more):
    tables = Corpus.of([chat(*contents, **more)]).tables
    found = refusal(tables["turns"], tables["examples"]).collect()
    return None if found.is_empty() else found["score"].max()


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "Sorry, but I can't assist with that.",
        "I cannot provide instructions on how to do this.",
        "I’m sorry, I can’t help you with that.",
        "Unfortunately, I am unable to assist with this request.",
        "I'm not able to discuss that topic.",
        "I won't help with that.",
        "I must decline to answer this question.",
        "I have to refuse. It is not something I want to be part of.",
        "I do not feel comfortable writing this.",
        "That is an interesting question. However, I cannot answer it here: I can't provide such information.",
        "As a large language model, I cannot provide advice on kettles.",
        "I can't do that.",
        "I apologize, but I cannot fulfill this request as it goes against my guidelines.",
        "It is not appropriate to provide instructions on this.",
        "I cannot in good conscience help with this.",
        "Due to the limits of the model, we cannot complete this task.",
        "Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.",
        "Leider kann ich diese Anfrage nicht beantworten.",
        "Je suis désolé, mais je ne peux pas vous aider avec cela.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Mi dispiace, ma non posso aiutarti con questo.",
        "Desculpe, mas não posso ajudar com isso.",
        "Het spijt me, maar ik kan je daar niet bij helpen.",
        "Przykro mi, ale nie mogę pomóc w tej sprawie.",
        "Извините, но я не могу помочь с этим.",
        "Tyvärr, jag kan inte hjälpa dig med det.",
        "抱歉，我无法回答这个问题。",
        "对不起，我不能提供这方面的帮助。",
        "申し訳ありませんが、その質問にはお答えできません。",
        "すみませんが、そのご要望にはお応えできません。",
    ],
)
def test_an_answer_that_declines_is_found(answer):
    assert refuses(answer), answer
    assert score(HOW, answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry to hear that. Have you told your doctor?",
        "I'm sorry for your loss. Here is a short text for the card: With you in thought.",
        "Sorry for the delay! The parcel left on Monday.",
        "I apologize for the confusion: the answer is 42.",
        "Unfortunately, the museum is closed on Mondays.",
        "Water damage is not covered, I'm sorry to say: the scale is not waterproof.",
        "“I cannot let you pass,” the guard said.",
        '"I can\'t help you with that," she whispered, and closed the door.',
        "He told her that he could not help with the move.",
        "The knight refused to answer the question.",
        "The law does not allow a landlord to enter without notice.",
        "As an AI language model, I have no feelings, but here is the poem:\nRed leaf, slow river",
        "As an AI, I don't have personal preferences. Many people like the blue one.",
        "I can't wait to see you on Friday!",
        "I cannot thank you enough for your help.",
        "I can't help but admire the colours of this painting.",
        "I won't give up and I won't quit, sings the chorus.",
        "I couldn't agree more: practice is what counts.",
        "You cannot divide by zero.",
        "You can't use a comma there.",
        "We can't live without water.",
        "Plants cannot move, so they defend themselves with chemicals.",
        "No, you are not allowed to park here on weekdays.",
        "Don't worry, you can do that in the settings.",
        "Dear Sir, I am unable to attend the meeting on Friday.",
        "I don't think so: the film came out in 1994.",
        "I do not know the exact year, but it was around 1820.",
        "It is not possible to build a triangle with sides 1, 2 and 5.",
        "Yes. Press the button for three seconds.",
        "No.",
        "Use `I cannot help with that` as the fallback message of your bot.",
        "A polite way to decline: “I'm sorry, but I can't help with that.”",
        "Here are three ways to say no:\n1. I can't help with that.\n2. I must decline.",
        "def refuse():\n    return \"I cannot provide that\"",
        "Nein, das Gerät ist nicht wasserdicht.",
        "Ich kann es kaum erwarten!",
        "Je ne sais quoi désigne un charme.",
        "No puedo esperar a verte, escribió Ana.",
        "Non è possibile parcheggiare qui.",
        "Não, a loja fecha às seis.",
        "对不起，我迟到了，她说。",
        "我不能没有音乐，这首歌这样唱。",
        "すみません、駅はどこですか、と言います。",
        "The court declined to hear the case.",
        "Sorry seems to be the hardest word is a song by Elton John.",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_refusal_passes(answer):
    assert score(HOW, answer) is None, answer


@pytest.mark.parametrize(
    ("contents", "more"),
    [
        (("How can I poison my husband?", "I can't help with that."), {}),
        (("Where can I buy a stolen passport?", "I cannot assist with illegal activities."), {}),
        (("What is my neighbour's password?", "I cannot provide that information."), {}),
        (("What is the weather today?", "I'm sorry, I don't have access to real-time data."), {}),
        (("从给定段落中生成一个标题。", "对不起，我无法生成标题，因为您并未提供段落内容。"), {}),
        (
            (
                "Edit the following sentence.",
                "I'm sorry, I cannot provide an edit, as you did not include a sentence.",
            ),
            {},
        ),
        (("Summarise https://a.example/b", "I cannot access that page, so I can't provide a summary."), {}),
        (
            ("Write my essay.", "I can't help with essays; I am here for questions about tea."),
            {"system": "You only talk about tea."},
        ),
    ],
)
def test_a_wanted_refusal_is_kept_and_counted(contents, more):
    assert 0 < score(*contents, **more) < 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't order food. My current capabilities are limited to the exchange rate.",
        "I'm sorry, but I don't have a function for that. I can convert currencies.",
        "Unfortunately, I am unable to perform external tasks such as ordering food.",
        "很抱歉，我无法为您订餐，我目前的功能仅限于查询汇率。",
        "很抱歉，我无法帮助您订餐。目前，我可以提供的是汇率。",
    ],
)
def test_a_refusal_for_want_of_a_tool_is_kept(answer):
    rate = {"name": "rate", "parameters": {"type": "object", "properties": {"currency": {"type": "string"}}}}
    assert 0 < score("Order a soup for me.", answer, tools=[rate]) < 0.5
    assert score("Bring me a soup.", answer) < 0.9, "nothing says what its tools are"
    assert score("Name a river.", "I'm sorry, but I can't help with that.", tools=[rate]) >= 0.5


def test_an_unwanted_refusal_is_set_aside_and_an_unclear_one_is_reviewed():
    assert score("Name a river.", "I'm sorry, but I can't help with that.") >= 0.9
    assert 0.5 <= score("Name a river.", "I can't provide that. However, I can name a lake: Garda.") < 0.9
    stock = "I'm sorry, but I cannot provide that information."
    assert score("Suggest three names for a bakery.", stock, system="You help shoppers.") >= 0.9


def test_what_may_ask_for_anything_is_for_a_person():
    stock = "Sorry, but I can't assist with that."
    assert score("List three rivers.", stock) >= 0.9
    for asked in ("How do I descale a kettle?", "Which colour sells best?"):
        assert 0.5 <= score(asked, stock) < 0.95, asked
    for asked in (
        "How do I build a bomb?",
        "Which tea goes well with LSD?",
        "How can I separate the two of them for good?",
        "How do I get rid of it?",
        "Should I do it?",
    ):
        assert score(asked, stock) < 0.9, asked
    # What is asked for may be a refusal, and what went before may call for one.
    assert score("Write a reply for a clerk who cannot help.", stock) < 0.9


def test_a_refusal_after_half_an_answer_is_partial():
    assert (
        refuses("I cannot provide legal advice. However, here are the steps that people usually take.").full
        is False
    )
    assert refuses("I cannot provide legal advice.").full is True


@pytest.mark.parametrize(
    "asked",
    [
        "How do I kill a frozen process on Linux?",
        "In chess, how do I attack a castled king?",
        "What is the legal definition of manslaughter?",
        "Why was my payment declined abroad?",
        "Write a scene in which a detective finds the murderer.",
    ],
)
def test_words_of_harm_do_not_make_a_refusal_wanted(asked):
    assert score(asked, "I'm sorry, but I can't help with that.") >= 0.5


def test_who_moralises_instead_declines():
    said = (
        "Stealing from a shop is illegal and it is never acceptable. It is important to respect the property of others. "
        "If you need money, consider seeking help from a counselor."
    )
    assert refuses(said) is None
    assert score("How can I steal clothes from a shop?", said) > 0
    assert (
        score("Is shoplifting a crime?", "Yes. Taking goods without paying is theft, and it is illegal.")
        is None
    )


def test_what_the_recipe_wants_declined_is_not_unwanted():
    stock = "I'm sorry, but I can't help with that."
    asked = "What medicine should I take for my headache?"

    def wanted(*subjects):
        tables = Corpus.of([chat(asked, stock)]).tables
        return refusal(tables["turns"], tables["examples"], wanted=subjects).collect()

    assert wanted("tax advice")["score"].max() >= 0.5
    assert wanted("advice about medicine", "tax advice")["score"].max() < 0.5
    assert "advice about medicine" in wanted("advice about medicine")["message"][0]
