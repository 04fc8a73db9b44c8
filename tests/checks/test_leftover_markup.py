"""Marks of the web and of generators are found in prose; who writes about the web, code or a dialogue may have them."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "<p>It is 75 cm.</p>",
        "It is<br>long.",
        "75&nbsp;cm",
        "He said &quot;no&quot;.",
        '<div class="a">x</div>',
        "<b>Note</b>: hot.",
        "<noinput>",
        "It is. <nooutput>",
        "It is long.\nHuman: And wide?\nAssistant: No.",
        "Yes【4:2†source】.",
        "It is.[citation needed]",
        "<!-- picture -->",
        "<ul><li>one</li></ul>",
        "[quote=Ana]long[/quote]",
        "Long.\nUser: thanks",
        "Salt &amp; pepper, then stir.",
        "It&#39;s 40 metres long.",
        'Read more <a href="https://a.example">here</a>.',
        "The bridge is long.<br/><br/>It was built in 1932.",
        "<h2>Length</h2>\nForty metres.",
        "Il mesure 40 m&eacute;tres.",
        "It spans 40 m.:contentReference[oaicite:0]{index=0}",
        "[b]Forty[/b] metres.",
        "Forty metres.\n\nASSISTANT: Anything else?",
        "<span style='color:red'>Forty</span>",
        "<table><tr><td>40</td></tr></table>",
        "桥长四十米。<br>建于1932年。",
    ],
)
def test_left_markup_is_found(answer):
    assert score("leftover_markup", "How long is it?", answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "It is 75 cm.", "1 < 2 and 3 > 2", "Use `<b>bold</b>`.", "```html\n<p>x</p>\n```", "a <- b", "if (a<b) x>c", "<3", "arr[i] = x[j]", "AT&T", "R&D; and more", "*bold* and _it_", "# Heading",
        "[link](https://a.example)", "| a | b |", "- item", "Note: the user decides.", "The human: a study", "List<String> names", "<your name>", "x <y> z", "System requirements: none",
        "Q: Why?\nA: Because.", "Time: 10:00", "Tom & Jerry", "a[b]c", "[1] Smith 2020", "&c.", "→ next", "email <ana@a.example>",
        # Angles that are not tags.
        "We write <x, y> for the inner product.", "The pipe reads << and writes >>.", "Vec<u8> and Map<K, V> are generic.", "p < 0.05, so b > a", "<- back | next ->", "Type <Enter> to go on.", "std::vector<int> v;", "She said <<non>>.",
        # Speakers that are people.
        "Mother: Come in.\nChild: No.", "Ana: forty metres\nTom: thirty", "The user: who is it?", "human: a being of the species homo sapiens.", "Humans: 8 billion", "The system: how it works",
        # Ampersands, brackets and marks of their own.
        "fish & chips; salt & vinegar;", "a & b; c & d", "[2] See chapter 4.", "[sic]", "See [b] and [c] in figure 2.", "(u) and (i) are vowels", "He ran 100m (wind +0.3) [1].", "**Length:** 40 m", "***", "~~old~~ new", "[^1]: footnote", "![bridge](bridge.png)",
        "<https://a.example/b>", "【注意】桥长四十米。", "《红楼梦》", "// no comment", "$$a < b > c$$",
    ],
)  # fmt: skip
def test_what_only_looks_like_markup_passes(answer):
    assert score("leftover_markup", "How long is it?", answer) < 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Write a heading in HTML.", "<h1>Title</h1>"),
        ("Write a dialogue of two robots.", "User: Hi\nAssistant: Hello"),
        ("Fix this: <p>x", "<p>x</p>"),
        ("How do I make text bold on my website?", "Put it in <b>bold</b>."),
        ("Convert to XML: name Ana", "<p>Ana</p>"),
        ("Add a button to the page.", '<div class="row"><input type="submit"></div>'),
        ("Write a chat between a customer and a bot.", "User: Where is it?\nSystem: On its way."),
        ("Escape this for a web page: a < b", "a &lt; b"),
        ("Write a short transcript.", "Human: Hello\nGPT: Hi"),
        ("用HTML写一个网页标题", "<h1>标题</h1>"),
    ],
)
def test_who_asks_for_it_gets_it(asked, answer):
    assert score("leftover_markup", asked, answer) < 0.5


@pytest.mark.parametrize("mark", ["<noinput>", "<No Input>", "< noinput >", "<no_input>"])
def test_an_empty_field_with_a_mark_is_found_in_the_prompt(mark):
    assert score("leftover_markup", f"Name a river.\n{mark}", "The Loire.") >= 0.5
