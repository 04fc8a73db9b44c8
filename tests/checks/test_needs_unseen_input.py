"""Questions about what is not in the text are found; those that carry it along, or need nothing, pass."""

import pytest

from finesift.corpus import chat

from .table import score

TOOL = {"name": "search", "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}}


@pytest.mark.parametrize(
    "asked",
    [
        "Describe the attached image.", "What is in this photo?", "What does the chart below show?", "Summarize this video", "What is in the picture?\n[image]",
        "Summarise https://news.example/a1", "Read the article at www.news.example/b and list its points", "What day is it today?", "What is the weather today?", "What time is it now?", "What's the current stock price of Apple?",
        "Draw a picture of a cat", "Design a logo for a bakery", "Generate an image of the sea", "Summarise the following article.", "Translate the following sentence into Latin", "Edit the given paragraph for clarity", "Classify the shape.\n<Picture Attached>",
        "Is it raining right now in Ghent?", "Check the uploaded file for errors.", "Please transcribe the enclosed audio.", "What brand of car is in the photo below?", "Paraphrase the following paragraph.", "Correct the grammar in the text below.", "Review the pull request at https://git.example/a/pull/7 and comment on it", "What is today's date?", "Give me tonight's forecast.",
        "Caption the following picture", "Extract the total from the attached invoice pdf.", "Paint me a sketch of a windmill", "What does the graph above say about sales?", "Rewrite the given sentence in the passive voice",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_found(asked):
    assert score("needs_unseen_input", asked, "It is red.") >= 0.5
    assert score("needs_unseen_input", asked, "I cannot see that. Please provide it.") < 0.5
    assert score("needs_unseen_input", chat(asked, "It is red.", tools=[TOOL])) < 0.5


@pytest.mark.parametrize(
    "asked",
    [
        "How do I take a good photo?", "Summarise the following text: Tea is made of leaves.", "Edit the given sentence.\nHe go home.", "What is an image?", "Translate this sentence: 'I am here.'", "Explain what a chart is.",
        "Write a story about a painting.", "How do I attach a file to an email?", "Who painted the Mona Lisa?", "What day was 3 March 2020?", "What was the weather in 1816?", "What is time?", "Draw a conclusion.", "Create a list of logos.",
        "Design a database.", "Generate a list of image formats.", "What does https stand for?", "Write a URL parser.", "What is a good title for the following poem? The night is long and the day is short.", "Fix this code:\nprint(1", "Name a river.",
        "Is this sentence true? All rivers run to the sea.", "Describe a sunset.", "What is the date of Easter in 2025?", "Make a plan.", "Write alt text for a picture of a dog on a beach.",
        # A link that is data, not to be read.
        "Write a function that extracts the domain from https://a.example/b?c=1", "Create a script to download https://a.example/data.csv", "Build a request to the API.\nurl = \"https://api.example/v1\"", "Implement a regex to extract links like http://a.example from text", "Is https://a.example a valid URL?",
        # The text is there, behind the task or before it.
        "Tea is made of leaves. Summarise the text above.", "Translate the following sentence into Latin.The sea is blue.", "Summarise the passage below.\n\nThe harbour was built in 1850.", "Put these sentences in order: He woke. He rose. He ate.", "Rewrite the following email (Hi Tom, no meeting today, see you Friday)", "Is the following sentence correct? \"He don't know.\"", "Find the typo in this code: `pritn(1)`",
        # Words of pictures, files and the present, in other senses.
        "What makes a good graph of two variables?", "Describe how a map is drawn.", "Explain how video is compressed.", "Picture a world without bees: what changes?", "Draw up a contract.", "Draw a comparison between tea and coffee.", "Sketch an outline of an essay on bees.", "How do I open a PDF on Linux?", "What is the time complexity of sorting?", "How is weather forecast?", "Why is today called the information age?",
        "How can I improve my current resume?", "What is the best time to plant trees?", "What is a date?", "Write an article on bees.", "What is the difference between an article and an essay?", "List the parts of a letter.", "Generate a table of the first five squares.", "Create a chart of accounts for a bakery.", "Design a poster campaign's slogans.", "What is the temperature at which water boils?", "Suggest a caption for a photo of a sunrise.",
        "She has three cats right now; how many will she have right now in three years?", "怎样拍出好照片？", "Wie wird ein Bild gemalt?", "Qué es una imagen?",
    ],
)  # fmt: skip
def test_what_can_be_answered_passes(asked):
    assert score("needs_unseen_input", asked, "It is red.") < 0.5


def test_tools_may_stand_in_the_text():
    asked = "You have access to the following tools:\nclock(place)\nWhat is the current time in Ghent?"
    assert score("needs_unseen_input", asked, "It is noon.") < 0.5
    assert score("needs_unseen_input", "What is the current time in Ghent?", "clock('Ghent')") < 0.5
    told = "I am not programmed to know the time."
    assert score("needs_unseen_input", "What time is it?", told) < 0.5


def test_a_picture_that_was_given_is_seen():
    given = {"images": ["a.png"]}
    assert score("needs_unseen_input", "What is in this image?\n<image>", "A cat.", extra=given) < 0.5


def test_what_was_said_before_can_be_pointed_to():
    row = chat("Write a poem.", "Red leaf, slow river.", "Now shorten this poem", "Leaf, river.")
    assert score("needs_unseen_input", row) < 0.5
