"""An answer that is its prompt again is found; one that takes up its words, or a short greeting, passes."""

import pytest

from finesift.corpus import chat

from .table import score

ASKED = "What is the capital of Peru?"


@pytest.mark.parametrize(
    ("asked", "answer", "least"),
    [
        (ASKED, ASKED, 1.0),
        (ASKED, "what is the capital of peru", 1.0),
        (ASKED, "What is  the capital\nof Peru?\n", 1.0),
        (ASKED, "What is the capital of Peru? What is the capital of Chile?", 0.6),
        (ASKED, "What is the capital of Peru? Lima.", 0.6),
        ("如何煮米饭？请告诉我具体的步骤和时间，谢谢您的帮助。", "如何煮米饭？请告诉我具体的步骤和时间，谢谢您的帮助。", 1.0),
        ("Wie komme ich zum Bahnhof?", "Wie komme ich zum Bahnhof? Das frage ich mich auch.", 0.6),
        ("Translate into French: the sea is blue", "Translate into French: the sea is blue", 1.0),
        ("Explain tides in two sentences.", "Explain tides in two sentences. Explain the moon in two sentences.", 0.6),
        ("Write a “short” note to Ana.", 'Write a "short" note to Ana.', 1.0),
    ],
)  # fmt: skip
def test_an_echo_is_found(asked, answer, least):
    assert score("echoes_prompt", asked, answer) >= least


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        # Takes up the words of the question.
        (ASKED, "The capital of Peru is Lima."), (ASKED, "What the capital of Peru is? Lima."), (ASKED, "Peru's capital is Lima."), (ASKED, "What is the capital? Lima."), (ASKED, "“What is the capital of Peru?” is a question that many get wrong."), (ASKED, "Lima. What is the capital of Peru is easy."), (ASKED, "What is the capital of Persia? Isfahan, once."),
        ("Why is the sky blue in the day?", "The sky is blue in the day because air scatters blue light."), ("How many legs does a spider have?", "A spider has eight legs."), ("Is the Loire longer than the Seine?", "The Loire is longer than the Seine."), ("Name three rivers in France.", "Three rivers in France are the Loire, the Seine and the Rhône."), ("Explain how a bill becomes a law.", "A bill becomes a law in steps."), ("Define entropy for a child of ten.", "Entropy is how messy things get."),
        # Short prompts are answered by themselves.
        ("Hi", "Hi!"), ("Hello there", "Hello there!"), ("Good morning!", "Good morning!"), ("Thanks!", "Thanks!"), ("Bye", "Bye"), ("你好", "你好！"), ("Guten Tag", "Guten Tag!"), ("Bonjour !", "Bonjour !"), ("Merry Christmas!", "Merry Christmas!"), ("42", "42"),
        # Corrections, translations, edits and codes that keep most of it.
        ("Correct: He go to school every day.", "He goes to school every day."), ("Rewrite in the past: I walk to the harbour.", "I walked to the harbour."), ("Capitalise: the old man and the sea", "The Old Man and the Sea"), ("Add a comma: When it rains it pours.", "When it rains, it pours."), ("Reverse the words: one two three four", "four three two one"), ("Fix: def f(x) return x + 1", "def f(x): return x + 1"), ("Is this sentence right? The cat sleeps.", "The cat sleeps. Yes, it is right."), ("Repeat after me: the rain in Spain", "The rain in Spain"),
        ("Complete: Roses are red, violets are", "Roses are red, violets are blue."), ("Continue the story: Once there was a fox", "Once there was a fox who lived in a wood."), ("Translate: Où est la gare de Lyon ?", "Where is the Gare de Lyon?"), ("Paraphrase: The meeting was long and dull.", "The meeting dragged on."),
        # Text that was to be continued, or given back.
        ("Once upon a time there was", "a fox who lived in a wood."), ("def add(a, b):\n    # adds a and b", "    return a + b"), ("The quick brown fox jumps over", "the lazy dog."), ("1, 1, 2, 3, 5, 8, 13, 21, 34", "55, 89, 144"), ("a b c d e f g h i j k l m", "n o p q r s t"),
        # Numbers and signs that differ.
        ("What is 1.022 in percent, exactly?", "What is 1.032 in percent, exactly?"), ("Is it true that x == y implies f?", "Is it true that x != y implies f?"), ("Tell me about the year 1914, please.", "Tell me about the year 1915, please."),
    ],
)  # fmt: skip
def test_what_takes_up_the_words_passes(asked, answer):
    assert score("echoes_prompt", asked, answer) == 0


def test_only_the_message_before_counts():
    row = chat(
        "What is the capital of Peru?", "Lima.", "And of Chile, please?", "What is the capital of Peru?"
    )
    assert score("echoes_prompt", row) == 0
