"""Damage that reading, scraping and generating leave in messages: tables of what is found and what passes."""

import pytest

from .table import score

Q = "How long is it?"
FOUND = {
    "encoding_damage": [
        "The price of â‚¬79.", "You donâ€™t pay.", "CafÃ© au lait", "GewÃ¼rze und Ã–le", "Â£5 a piece", "ï»¿Hello", "Andr\ufffd",
        "a\x00b", "paper\x08\x08", "\x1b[1mno\x1b[0m", "Ð½Ð°Ð¿Ñ€Ð¸Ð¼ÐµÑ€", "ðŸ˜€ nice", "itâ€“that", "&amp;quot;hi&amp;quot;", "\\u00e9\\u00e8 in prose",
    ],
    "leftover_markup": [
        "<p>It is 75 cm.</p>", "It is<br>long.", "75&nbsp;cm", "He said &quot;no&quot;.", "<div class=\"a\">x</div>", "<b>Note</b>: hot.",
        "<noinput>", "It is. <nooutput>", "It is long.\nHuman: And wide?\nAssistant: No.", "Yes【4:2†source】.", "It is.[citation needed]",
        "<!-- picture -->", "<ul><li>one</li></ul>", "[quote=Ana]long[/quote]", "Long.\nUser: thanks",
    ],
    "special_tokens": [
        "Yes.<|im_end|>", "<|im_start|>user", "[INST] a [/INST]", "<<SYS>>", "<start_of_turn>model", "Done.</s>", "<|eot_id|>", "<|endoftext|>",
        "<｜end▁of▁sentence｜>", "<|start_header_id|>user<|end_header_id|>", "`<|im_end|>`", "<eos>", "[gMASK]", "[TOOL_CALLS]", "<|channel|>final",
    ],
    "merged_rows": [
        "It depends.\n18. Instruction: Find the noun.\n18. Input:\nApple", "Long.\n\n### Instruction:\nNext.\n\n### Response:\nDone.",
        "Long.\n##\n7. Instruction: Next", "a\n### Response:\nb", "Instruction: Add.\nInput: 1, 2\nOutput: 3", "x\n2) Output: y",
    ],
    "placeholder_answer": [
        "N/A", "n/a.", "<nooutput>", "No output", "TODO", "null", "[insert name] will help.", "It costs €XX.XX.", "It is [insert number] cm.", "Lorem ipsum dolor sit amet",
        "Handled by [agent name].", "Dial [phone number].", "TBD", "It is {{length}} long.", "See <insert link here>.", "Placeholder",
    ],
    "self_identity": [
        "I am ChatGPT.", "I'm Claude, made by Anthropic.", "As an AI language model, I cannot feel.", "I was trained by OpenAI.", "My name is Gemini.", "我是通义千问。",
        "I'm just an AI.", "I am a large language model.", "Ich bin ChatGPT.", "Je suis Claude.", "作为一个人工智能，我没有感情。", "As an AI developed by OpenAI, I have no age.",
    ],
    "repetition": [
        "Grind finer" + ", grind finer" * 20, "ha " * 40, "The end. " * 12, "I know that. And then " * 10, "和平" * 40,
        "We met. " + "He said no and went away. " * 15,
    ],
}  # fmt: skip
PASSES = {
    "encoding_damage": [
        "São Paulo", "Não há.", "naïve café", "€3 – “so”…", "Ångström", "Ærø", "Straße", "Ñandú", "👍🏽", "日本語", "a\tb\r\nc", "Łódź", "Ätherisch", "3 × 4 ÷ 2", "½ cup", "© 2024", "Â", "Ã",
        "\\n is a newline", "\\alpha + \\beta", "C:\\users\\ana", "AT&amp;T", "élève à l’école", "“a” ‘b’", "ÃO", "Ελλάδα", "Привет", "שלום", "สวัสดี",
    ],
    "leftover_markup": [
        "It is 75 cm.", "1 < 2 and 3 > 2", "Use `<b>bold</b>`.", "```html\n<p>x</p>\n```", "a <- b", "if (a<b) x>c", "<3", "arr[i] = x[j]", "AT&T", "R&D; and more", "*bold* and _it_", "# Heading",
        "[link](https://a.example)", "| a | b |", "- item", "Note: the user decides.", "The human: a study", "List<String> names", "<your name>", "x <y> z", "System requirements: none",
        "Q: Why?\nA: Because.", "Time: 10:00", "Tom & Jerry", "a[b]c", "[1] Smith 2020", "&c.", "→ next", "email <ana@a.example>",
    ],
    "special_tokens": [
        "a <| b |> c", "x |> f", "<s>old</s> new", "[INSTALL]", "[inst]", "<start>", "<|", "|>", "a || b", "<html>", "[SYSTEM]", "<end of turn>", "s/a/b/", "INST", "</a>", "<br>", "im_start", "<think>yes</think>",
    ],
    "merged_rows": [
        "1. Input is read\n2. Output is written", "## Output:\n120", "# Instructions\nMix.", "The instruction: mix well.", "Input: 3", "Output: 4", "### Results", "### Output", "Step 1. Instructions follow", "Response: yes",
        "Instructional design: see below", "1. Read the input: then stop", "Q: a\nA: b\nQ: c\nA: d",
    ],
    "placeholder_answer": [
        "Nothing.", "None of them.", "No.", "0", "The answer is no.", "See [your account](https://a.example).", "[1]", "[sic]", "a[b]", "It is [quite] long.", "[Laughs]", "[Chorus]", "XX century", "Super Bowl XX", "size XXL",
        "```\n# TODO: x\n```", "`{{x}}`", "<b>", "[a, b]", "Null hypothesis: none", "NaN is not a number.", "[0, 1]", "to do", "Spain", "\"[He] left.\"", "todo el día",
    ],
    "self_identity": [
        "ChatGPT was made by OpenAI.", "Claude Monet.", "I am Wren.", "Gemini is a sign of the zodiac.", "I am Claude Dupont's neighbour.".replace("Claude ", "Mr "), "AI is a field.", "Llamas eat grass.", "GPT-3 was developed by OpenAI.",
        "The bard sang.", "A language model predicts words.", "Meta is a company.", "I use Copilot to write code.", "I asked ChatGPT.", "As an aid, I use maps.", "He is an AI researcher.", "Alpaca wool is soft.",
        "Bing is a search engine.", "The model was trained by the team.", "As a teacher, I say no.", "AlphaGo was developed by Google DeepMind.",
    ],
    "repetition": [
        "Grind finer.", "No, no, no!", "ha ha ha", "A rose is a rose is a rose.", "0 " * 60, "-" * 200, "=" * 80 + "\nTitle", "| - | - |\n" * 20, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14",
        "```\n" + "x = 1\n" * 30 + "```", "Yes. " * 3, "." * 300, "\n" * 100 + "a", "Bye bye", "to be or not to be", "aaaaaaaaah", "na na na na Batman", "1010" * 30,
    ],
}  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), [(c, a) for c, rows in FOUND.items() for a in rows])
def test_damage_is_found(check, answer):
    assert score(check, Q, answer) >= 0.5


@pytest.mark.parametrize(("check", "answer"), [(c, a) for c, rows in PASSES.items() for a in rows])
def test_what_only_looks_damaged_passes(check, answer):
    assert score(check, Q, answer) < 0.5


@pytest.mark.parametrize(
    ("check", "asked", "answer"),
    [
        ("leftover_markup", "Write a heading in HTML.", "<h1>Title</h1>"),
        ("leftover_markup", "Write a dialogue of two robots.", "User: Hi\nAssistant: Hello"),
        ("leftover_markup", "Fix this: <p>x", "<p>x</p>"),
        ("placeholder_answer", "Write a letter template.", "Dear [Your Name], I am [Job Title]."),
        ("placeholder_answer", "What does N/A stand for? Reply N/A.", "N/A"),
        ("placeholder_answer", "Write a JavaScript template string.", "`${name}`"),
        ("repetition", "Say ha 40 times.", "ha " * 40),
        ("repetition", "Write the chorus of a song.", "Oh my love, come back to me\n" * 8),
    ],
)
def test_who_asks_for_it_gets_it(check, asked, answer):
    assert score(check, asked, answer) < 0.5


@pytest.mark.parametrize("mark", ["<noinput>", "<No Input>", "< noinput >", "<no_input>"])
def test_an_empty_field_with_a_mark_is_found_in_the_prompt(mark):
    assert score("leftover_markup", f"Name a river.\n{mark}", "The Loire.") >= 0.5


def test_your_own_names_are_no_finding():
    from finesift.corpus import Corpus, chat
    from finesift.registry import load_checks

    tables = Corpus.of([chat("Who are you?", "I am Claude, made by Anthropic.")]).tables
    assert load_checks()["self_identity"](tables, own="Claude").collect().is_empty()
