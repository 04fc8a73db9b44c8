"""Answers that take another model's name, or bring up that they are an AI, are found; talk about them passes."""

import pytest

from finesift.corpus import Corpus, chat
from finesift.registry import load_checks

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "I am ChatGPT.", "I'm Claude, made by Anthropic.", "As an AI language model, I cannot feel.", "I was trained by OpenAI.", "My name is Gemini.", "我是通义千问。",
        "I'm just an AI.", "I am a large language model.", "Ich bin ChatGPT.", "Je suis Claude.", "作为一个人工智能，我没有感情。", "As an AI developed by OpenAI, I have no age.",
        "Forty metres. As a language model, I have not seen it.", "I'm an AI assistant created by DeepSeek to be helpful.", "I am Qwen, created by Alibaba Cloud.", "Als KI-Sprachmodell habe ich keine Meinung.", "Como modelo de lenguaje, no tengo opiniones.", "En tant qu'IA, je ne peux pas voyager.", "As a virtual assistant, I don't walk bridges.", "作为一个AI语言模型，我无法测量它。", "Soy ChatGPT, un modelo.",
    ],
)  # fmt: skip
def test_a_model_that_speaks_of_itself_is_found(answer):
    assert score("self_identity", "How long is it?", answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "ChatGPT was made by OpenAI.", "Claude Monet.", "I am Wren.", "Gemini is a sign of the zodiac.", "I am Mr Dupont's neighbour.", "AI is a field.", "Llamas eat grass.", "GPT-3 was developed by OpenAI.",
        "The bard sang.", "A language model predicts words.", "Meta is a company.", "I use Copilot to write code.", "I asked ChatGPT.", "As an aid, I use maps.", "He is an AI researcher.", "Alpaca wool is soft.",
        "Bing is a search engine.", "The model was trained by the team.", "As a teacher, I say no.", "AlphaGo was developed by Google DeepMind.",
        # People and animals who go by such names.
        "My friend Claude is a baker.", "Jean-Claude plays the piano.", "Gemini is the third sign, and I like Geminis.", "Bard of Avon is what they call Shakespeare.", "The koala sleeps twenty hours a day.", "Sydney is not the capital of Australia.", "“I am Claude,” said the painter.", "Grok comes from a novel by Heinlein.", "Kimi Räikkönen drove for Ferrari.", "The mistral blows down the Rhône.",
        # People who work with models or at these companies.
        "I was hired by Google in 2015.", "As an AI researcher, she studies vision.", "As an AI engineer I would start with the data.", "I am a fan of language models.", "I'm a chatbot developer from Lyon.", "The assistant was created by Anthropic.", "Hugging Face was founded in 2016.", "She was trained by Microsoft as an auditor.",
        # Facts about the field.
        "As artificial intelligence grows, so does demand for chips.", "An AI language model is trained on text.", "Large language models such as Llama 3 are published with weights.", "AI models can be biased, as can people.", "A virtual assistant answers calls.", "Ein Sprachmodell sagt Wörter voraus.", "L'intelligence artificielle est un domaine vaste.", "La inteligencia artificial es un campo.", "人工智能是一个领域。", "有人认为你作为一个人工智能助手并没有提供足够的帮助。", "语言模型由公司开发。", "Siri and Alexa are virtual assistants.", "OpenAI released GPT-4 in 2023.", "The chatbot said that it was 40 metres.", "DeepMind is in London.",
    ],
)  # fmt: skip
def test_who_speaks_of_others_passes(answer):
    assert score("self_identity", "How long is it?", answer) < 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Are you a human?", "No, I am an AI language model."),
        ("Who are you?", "I'm an AI assistant. How can I help?"),
        ("Do you have feelings?", "As an AI, I do not have feelings."),
        ("Am I talking to a bot?", "Yes, I'm a chatbot."),
        ("你是机器人吗？", "是的，我是一个AI助手。"),
        ("Tell me about yourself.", "I'm a virtual assistant."),
        ("Bist du ein Mensch?", "Nein, als KI bin ich ein Programm."),
        ("Who created you?", "I am a language model; a team of engineers wrote me."),
    ],
)
def test_who_asks_what_it_is_gets_an_answer(asked, answer):
    assert score("self_identity", asked, answer) < 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Are you ChatGPT?", "Yes, I am ChatGPT."),
        ("Who made you?", "I am a language model trained by researchers from Example Labs."),
        ("Introduce yourself.", "I'm a virtual assistant called Sam."),
        ("Are you trained by OpenAI?", "No, I am a language model trained by researchers at Anthropic."),
        ("Do you like tea?", "As an AI language model, I have no taste."),
        ("Are you sure that it is 40 metres?", "As an AI language model, I cannot be sure."),
    ],
)
def test_other_questions_with_you_in_them_do_not_call_for_it(asked, answer):
    assert score("self_identity", asked, answer) >= 0.5


def test_your_own_names_are_no_finding():
    tables = Corpus.of([chat("Who are you?", "I am Claude, made by Anthropic.")]).tables
    assert load_checks()["self_identity"](tables, own="Claude").collect().is_empty()
