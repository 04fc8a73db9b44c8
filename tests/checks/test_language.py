"""Answers in another language than asked are found; translations, quotations, names and short texts pass."""

import pytest

from .table import score

EN = "You can change it right away. Open the app, choose the next delivery and pick another coffee."
DE = "Ja, das geht. Nehmen Sie das Sieb aus dem Karton und setzen Sie es in die Maschine ein, wie es auf dem Bild zu sehen ist."
FR = "Bonjour, puis-je utiliser du café moulu dans la machine, et quel panier dois-je prendre dans ce cas pour que le goût soit bon ?"
ES = "¿Puedo cambiar el café de mi suscripción antes del próximo envío, o tengo que esperar a que termine el mes?"
IT = "Posso cambiare il caffè del mio abbonamento prima della prossima consegna, o devo aspettare che sia finito il mese?"
PT = "Posso trocar o café da minha assinatura antes da próxima entrega, ou tenho de esperar que o mês não acabe? Isso é tudo para você."
NL = "Kan ik de koffie van mijn abonnement nog wijzigen voor de volgende levering, of moet ik wachten tot het einde van deze maand?"
PL = "Czy mogę zmienić kawę w abonamencie przed następną dostawą, czy muszę czekać do końca miesiąca, bo nie jest to możliwe?"
SV = "Kan jag byta kaffe i mitt abonnemang före nästa leverans, eller måste jag vänta till slutet av månaden för att det ska vara möjligt?"
TR = "Bir sonraki teslimattan önce aboneliğimdeki kahveyi değiştirebilir miyim, yoksa ayın sonuna kadar beklemem mi gerekiyor? Bu çok önemli."
JA = "今日は天気がいいですから、散歩に行きましょう。"
ZH = "如何煮米饭？请告诉我具体的步骤和时间。"
RU = "Сегодня хорошая погода, пойдём гулять в парк у реки."
KO = "오늘 날씨가 어때요? 산책하러 갈까요?"
AR = "هل يمكنني تغيير القهوة قبل التسليم القادم أم يجب أن أنتظر؟"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (FR, DE), (ES, EN), (DE, EN), (EN, DE), (FR, EN), (EN, JA), (ZH, EN), (EN, RU), (KO, EN), (IT, EN), (PT, EN), (NL, EN), (PL, EN), (TR, EN), (SV, EN), (AR, EN), (EN, AR), (ZH, RU), (JA, ZH + "先把米洗干净，加水，用小火煮十五分钟。"), (EN, ZH), (ES, FR), (DE, NL),
        ("How do I cook rice, and how long does it take?", "首先把米洗干净，加水，用小火煮十五分钟，然后焖十分钟。"),
    ],
)  # fmt: skip
def test_an_answer_in_another_language_is_found(asked, answer):
    assert score("language", asked, answer) >= 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (EN, EN), (DE, DE), (FR, FR), (ES, ES), (IT, IT), (PT, PT), (NL, NL), (PL, PL), (SV, SV), (TR, TR), (ZH, ZH), (JA, JA), (RU, RU), (FR, "Oui."), (EN, "Lima"), ("Hola", EN),
        # Asked for.
        ("Translate into German: " + EN, DE), ("Wie heißt das auf Englisch? " + DE, EN), ("Write it in French, please: the house on the hill is red.", FR), ("翻译：我很好，谢谢你，你怎么样？", "I am well, thank you, and how are you today, my friend?"), ("What languages do you know? " + EN, DE), ("Respond in simplified Chinese. " + EN, ZH),
        ("Please answer in Brazilian Portuguese from now on. How do I change the coffee of my plan?", PT), ("Reply in Canadian French: " + EN, FR), ("Traduis en anglais : " + FR, EN), ("How would a German say this? " + EN, DE), ("Give me the Spanish version of this letter: " + EN, ES), ("Teach me a Polish proverb about coffee and the end of the month.", PL), ("请用英文回答：" + ZH, EN), ("日本語で答えてください。" + EN, JA),
        ("Write a haiku in the original Japanese and nothing else, for my friend who loves rain.", JA),
        # A task in one language about a text in another.
        ("Summarize the following passage in English:\n" + DE, EN), ("Read the passage in simplified Chinese and ask a question about it that the reader can answer.\n" + ZH * 6, "What are the steps to cook the rice, and how long does each of them take?"), ("Who wrote this, and what is it about?\n\n" + ES, "It is a question to a shop about the delivery of coffee, and it was written by a customer."), ("Bitte fasse den folgenden Text zusammen:\n" + EN, "Der Text sagt, dass man die Lieferung in der App ändern und einen anderen Kaffee wählen kann."),
        # Names, lists, code, sums.
        ("Combien de clics pour un espresso avec le moulin Drift ?", "Entre 8 et 12 clics. Partez de 10 : si l'espresso coule en moins de 25 secondes, descendez d'un clic."), (EN, "x = 1\ny = 2\nprint(x + y, x - y, x * y, x / y)"), (DE, "`git commit -m` und fertig."), (EN, "La la la la, la la la, la la la la, oh oh oh."), (EN, "1. Le Monde\n2. Die Zeit\n3. El País\n4. La Stampa"), (EN, "2x + 3y - z + w = 5\n3x + y - 2z = 1"),
        ("Which dishes are on the menu in Naples?", "Spaghetti alle vongole, insalata caprese, parmigiana di melanzane, babà al rum"), ("Name three novels by Gabriel García Márquez.", "El amor en los tiempos del cólera, Cien años de soledad, El otoño del patriarca"), ("What is the motto of the garter?", "Honi soit qui mal y pense."), ("Sing the first line of the carol.", "Stille Nacht, heilige Nacht, alles schläft, einsam wacht"),
        (ZH, "```python\nfor step in steps:\n    print(step)\n```"), (RU, "42"), (JA, "HTTP 404"), ("谁写了这首歌，是哪一年录制的？请简单回答。", "这首歌是由 John Example 和 Mary Sample 创作的，由 The Sample Sisters 为专辑《Songs for Everybody in the House》录制。"), ("什么是API？", "API（Application Programming Interface）是应用程序编程接口，用于让不同的软件相互通信。"), (EN, "Café, naïve, façade and résumé are words that you can write with or without the marks."), (EN, "The word “Schadenfreude” is German, and “das ist nicht gut” is what you would hear from my aunt."),
    ],
)  # fmt: skip
def test_the_same_language_and_what_was_asked_for_pass(asked, answer):
    assert score("language", asked, answer) < 0.5
