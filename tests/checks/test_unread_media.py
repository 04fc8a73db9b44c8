"""Places for pictures and pictures as text; and texts that are about such marks."""

import pytest
from tests.checks.table import score

PNG = "iVBORw0KGgo" + "AAAANSUhEUgAA" * 30


@pytest.mark.parametrize(
    "asked",
    ["<image>What is it?", "What is it?\n<image>", "Between <image> and <image>, what changed?", "<|image_pad|> Which bird?",
     "<video>\nSummarise it.", "<|audio|>Write down what is said.", "What is here: ![](https://shop.example/a.png)?",
     'Look: <img src="a.png">', f"What is data:image/png;base64,{PNG}", f"What is {PNG}?"],
)  # fmt: skip
def test_a_place_for_a_picture_is_for_review(asked):
    assert 0.5 <= score("unread_media", asked, "A crane.") < 0.95


def test_a_file_that_is_written_out_is_set_aside():
    assert score("unread_media", f"What is data:application/pdf;base64,{PNG * 4}", "A bill.") >= 0.95
    assert score("unread_media", "Send me the logo.", f"Here it is: {PNG * 4}") >= 0.95


@pytest.mark.parametrize(
    "asked",
    ["When do I use the <picture> element?", "How do I use <video> in HTML5?", "What does `<img src=a.png>` do as a tag?",
     "How do I write ![words](a.png) in Markdown?", "What is <imagery>?", "Vec<image::Rgb> in Rust?", "Is iVBORw0KGgo how a PNG begins?",
     "Why does the processor want one <image> token per picture?", "The ideal image of a leader", "Please draw [a picture] of x"],
)  # fmt: skip
def test_talk_about_marks_passes(asked):
    assert score("unread_media", asked, "So it is.") < 0.5


def test_an_answer_may_show_a_linked_picture():
    assert score("unread_media", "Show me the badge.", "![badge](https://ci.example/b.svg)") < 0.5
