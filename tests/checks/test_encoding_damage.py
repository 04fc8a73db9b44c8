"""Text that was decoded wrongly is found; letters, signs and scripts that are meant pass."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "text",
    [
        "Zero\u200bwidth",
        "It takes\\nTwo lines",
        "na\\u00efve enough",
        "Name%20a%20tree",
        "The price of â‚¬79.",
        "You donâ€™t pay.",
        "CafÃ© au lait",
        "GewÃ¼rze und Ã–le",
        "Â£5 a piece",
        "ï»¿Hello",
        "Andr\ufffd",
        "a\x00b",
        "paper\x08\x08",
        "\x1b[1mno\x1b[0m",
        "Ð½Ð°Ð¿Ñ€Ð¸Ð¼ÐµÑ€",
        "ðŸ˜€ nice",
        "itâ€“that",
        "&amp;quot;hi&amp;quot;",
        "\\u00e9\\u00e8 in prose",
        "El niÃ±o comiÃ³ pan.",
        "Ele nÃ£o sabe a resposta.",
        "Â¿CuÃ¡ntos aÃ±os tienes?",
        "The oven should reach 180Â°C before you start.",
        "â€œStay hereâ€\x9d, she said.",
        "ä½\xa0å¥½ä¸–ç•Œ",
        "Smörgåsbord was served, and the naïve waiter said: crÃ¨me.",
        "The first part is fine.\n\nThe second saysâ€¦ nothing.",
        "Ten \ufffd\ufffd\ufffd later",
        "\x1b[31mERROR\x1b[0m: no such file",
        "He wrote \\u4f60\\u597d in the letter.",
        "We sell â€¢ apples â€¢ pears",
    ],
)
def test_damage_is_found(text):
    assert score("encoding_damage", "How long is it?", text) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "São Paulo", "Não há.", "naïve café", "€3 – “so”…", "Ångström", "Ærø", "Straße", "Ñandú", "👍🏽", "日本語", "a\tb\r\nc", "Łódź", "Ätherisch",
        "3 × 4 ÷ 2", "½ cup", "© 2024", "Â", "Ã", "\\n is a newline", "\\alpha + \\beta", "C:\\users\\ana", "AT&amp;T", "élève à l’école", "“a” ‘b’", "ÃO",
        "Ελλάδα", "Привет", "שלום", "สวัสดี",
        # Letters that mojibake is made of, where they belong.
        "AMANHÃ: REUNIÃO DE PAIS, NÃO FALTE!", "Â ou à? O acento muda o som.", "Ân huệ, Ấn Độ, Đà Nẵng", "Ðað er gott, sagði Ðorsteinn.", "Il est né à Nîmes; où l’âne brait, « Â » se lit a.", "Het kost € 12,50 – “vandaag”",
        "Vær så god, å være eller ikke å være", "Čeština: příliš žluťoučký kůň", "Việt Nam: phở bò, bánh mì", "Țara și șarpele", "ægteskab, øl, åbent",
        # Signs.
        "25 °C ± 0.5 °C", "½ + ¼ = ¾", "™ ® ©", "§ 12 Abs. 3", "¿Qué? ¡No!", "a² + b² = c²", "5 µm", "x ≤ y ≠ z ∈ ℝ", "→ ← ↑ ⇒", "✓ done ✗ open", "• one\n• two", "🏳️‍🌈 👨‍👩‍👧‍👦 🇵🇪",
        # Escapes as the subject, and white space.
        "Use `\\u00e9\\u00e8` for the two letters.", "```json\n{\"name\": \"\\u00e9\\u00e8\"}\n```", "`\\x1b[0m` resets the colour.", "A soft\u00adhyphen and a no\u00a0break space", "Tab\there, form\x0cfeed", "R&amp;D", "\\frac{1}{2} \\times \\xi",
        "D:\\xampp\\users\\udo",  "नमस्ते, आप कैसे हैं?", "안녕하세요", "مرحبا بالعالم", "გამარჯობა", "ⅣⅤⅥ", "①②③", "«Да», — сказал он.",
    ],
)  # fmt: skip
def test_what_only_looks_damaged_passes(text):
    assert score("encoding_damage", "How long is it?", text) < 0.5


def test_the_prompt_is_looked_at_as_well():
    assert score("encoding_damage", "Kann ich die MÃ¼hle benutzen?", "Ja.") >= 0.5
