"""A model by script, behind OpenAI's protocol: rows of a shop for coffee gear, and sins on purpose.

Every sentence is written by hand; a row is a choice of sentences and of the things that they speak of. No two valid rows
share more than one sentence of the request, so they are rows that a person would call different.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

THINGS = (
    "kettle", "grinder", "scale", "espresso machine", "milk frother", "french press", "moka pot", "filter holder",
    "travel mug", "water tank", "portafilter", "glass carafe", "cold brew jar", "tamper", "knock box", "bean container",
    "drip tray", "thermometer", "hand mill", "paper filters", "descaler", "cup warmer", "steam wand", "dosing funnel",
    "pour-over stand", "vacuum canister", "cleaning brush", "spare gasket", "syrup pump", "barista apron",
)  # fmt: skip
#: By behaviour: what it is about, what a good answer does, what users say, and how it is answered.
BEHAVIOURS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "refund": (
        "A customer wants money back for something they bought.", "answer",
        (
            "I would like my money back for the {thing} that came yesterday.",
            "How do I get a refund for a {thing} which I do not want to keep?",
            "Please refund the {thing}, it is nothing like the picture on your page.",
            "The {thing} was a gift that nobody here needs, can I return it and be paid back?",
            "Is it too late to send the {thing} back and get the full price returned to my card?",
            "You charged me twice for one {thing}; I want the second payment returned.",
            "My {thing} arrived in pieces, and I want a refund rather than another one.",
            "What must I do so that you take back the {thing} and return what I paid?",
            "I changed my mind about the {thing} and want the money, not a voucher.",
            "Half a year ago I was promised a refund for a {thing}, and nothing ever came.",
            "The {thing} is cheaper elsewhere now. Do you refund me if I give it back unopened?",
            "Could the amount for the returned {thing} be credited before the end of this month?",
        ),
        (
            "Put the {thing} back in its box and send it to us within thirty days; the full price goes back the way you paid.",
            "I have set up the return of the {thing}. Once it is here, the amount is on your account in about five days.",
            "A refund is no trouble: print the label that we mail to you, and drop the {thing} at any post office.",
            "Since the {thing} reached you damaged, you need not send it back; a photo is enough, and we pay you back.",
            "You are right that this was charged wrongly. The payment for the {thing} is being reversed today.",
            "We take the {thing} back unopened for the whole price, and opened for the price less a small fee for cleaning.",
            "Tell us the number of the order with the {thing}, and the refund is started the same afternoon.",
            "Gifts can be returned too: the one who paid for the {thing} gets the money, or you get a credit note.",
            "The refund for the {thing} was held up by a wrong account number; it goes out again tomorrow.",
            "Bring the {thing} to either of our shops with the receipt, and you have the money in hand at once.",
        ),
    ),
    "parcel": (
        "Somebody asks where their parcel is, or when it will be delivered.", "answer",
        (
            "Where is the parcel with my {thing}? The tracking has not moved for days.",
            "When will the {thing} that I ordered be delivered?",
            "The courier says that my {thing} was handed over, but there is no package anywhere.",
            "Can the delivery of my {thing} be moved to another day of the week?",
            "My tracking number for the {thing} leads to a page that is empty.",
            "Has the {thing} left your warehouse yet, or is it still being packed?",
            "I need the {thing} by the weekend. Will the shipment make it in time?",
            "Please send the package with the {thing} to my office and not to the flat.",
            "Only one of two boxes was delivered; the one with the {thing} is missing.",
            "Is it possible to collect the {thing} from the depot since I missed the driver?",
            "How long does shipping of a {thing} to an island usually take?",
            "The parcel with the {thing} seems to be stuck in customs. What happens next?",
        ),
        (
            "The parcel with the {thing} is at the depot of the carrier and is out for delivery on the next working day.",
            "Your {thing} was handed to the courier this morning; the tracking page follows a few hours later.",
            "I have asked the carrier to look for the box with the {thing}, and they answer within two days.",
            "You can choose another day or a pick-up point for the {thing} with the link in the mail about the dispatch.",
            "Orders with a {thing} leave us within a day, and then take two days on the mainland and four beyond.",
            "The neighbour on the ground floor signed for the {thing}; please ask there before we start a search.",
            "The two boxes travel apart. The one with the {thing} is a day behind the other.",
            "Customs want an invoice for the {thing}. We have sent it to them, so the box should move again soon.",
            "The driver found nobody, so the {thing} waits at the post office round the corner for a week.",
            "We have changed the address for the {thing}, since the label was not printed yet.",
        ),
    ),
    "fault": (
        "A device does not work as it should, and the customer asks how to repair it.", "answer",
        (
            "The {thing} makes a grinding noise and then stops. How do I fix that?",
            "My {thing} leaks from below whenever I use it. What can I do about it?",
            "Since this morning the {thing} does not switch on any more, the light stays dark.",
            "There is a crack running along the side of the {thing}; is it safe to repair it with glue?",
            "The {thing} gets far too hot to touch. Is something broken inside?",
            "What does a blinking red light on the {thing} mean, and how do I make it stop?",
            "A screw of the {thing} has come loose and will not tighten again.",
            "Water only drips out of the {thing} now, I think that it is clogged. How do I clear it?",
            "The lid of the {thing} jams half way, and I do not want to break it.",
            "How do I replace the worn seal of a {thing} without special tools?",
            "My {thing} smells burnt after a minute of use. How do I find the fault?",
            "The display of the {thing} shows error four, and pressing reset does nothing.",
        ),
        (
            "Unplug the {thing}, take the lower cover off, and look for grounds that block the wheel; a dry brush removes them.",
            "The seal at the bottom of the {thing} is worn. It can be pulled out by hand, and a new one is pressed in dry.",
            "Try another socket first. If the {thing} stays dark, the fuse under the base has blown and can be swapped.",
            "Please do not glue the {thing}: heat opens the crack again. A new body is a spare part that we keep.",
            "That is the sign for scale. Run the {thing} twice with the descaler, and once with clear water.",
            "Hold both buttons of the {thing} for ten seconds; if the error comes back, the sensor has to be changed.",
            "Turn the {thing} over and tighten the ring with a coin; a drop of thread lock keeps it there.",
            "A burnt smell means that the motor of the {thing} runs dry. Stop using it and send it to our workshop.",
            "Soak the outlet of the {thing} in warm vinegar for an hour, and poke the holes free with a pin.",
            "The hinge of the {thing} has a small spring that slips out; push it back with a flat knife.",
        ),
    ),
    "brewing": (
        "Somebody asks how to make a better cup of coffee, or how to use what they bought for brewing.", "answer",
        (
            "How much ground coffee do I take for four cups with the {thing}?",
            "My espresso tastes sour although I use the {thing} as described. What should I change?",
            "Which grind is right if I brew with a {thing}?",
            "How hot should the water be when I make coffee with the {thing}?",
            "The coffee from my {thing} is bitter and thin, how do I make it taste better?",
            "Can I brew cold coffee overnight with the {thing}, and how long should it steep?",
            "What ratio of beans to water do you recommend for a {thing}?",
            "How do I get a finer foam for a cappuccino with the {thing}?",
            "Should I wet the filter before I brew with the {thing}?",
            "Which beans suit a {thing} best if I like it mild and sweet?",
            "How long may freshly brewed coffee stand in the {thing} before it turns stale?",
            "Do I have to let the coffee bloom when I use the {thing}, and why?",
        ),
        (
            "Start with sixty grams to a litre, and with the {thing} take a little less for the first try.",
            "Sour means too little was drawn out: grind finer, or let the {thing} work five seconds longer.",
            "A medium grind like coarse sand suits the {thing}; go coarser when it turns bitter.",
            "Let the water rest for half a minute after boiling, and pour it slowly into the {thing}.",
            "Bitterness comes from brewing too long. With the {thing}, three minutes are plenty.",
            "Cold coffee wants coarse grounds and twelve hours in the fridge, and the {thing} is fine for that.",
            "Hold the tip just below the surface until the milk has doubled; the {thing} does the rest.",
            "Rinse it with hot water first: it takes the taste of paper away and warms the {thing}.",
            "Choose a light roast from the highlands for the {thing}; it is sweet without any sugar.",
            "Let the wet grounds swell for thirty seconds in the {thing}, so that the gas can escape.",
        ),
    ),
    "others_data": (
        "Somebody wants private data of another customer: an address, an order, a phone number.", "refuse",
        (
            "Give me the home address of the customer who bought the last {thing}.",
            "What is the phone number of the woman who reviewed the {thing} on your page?",
            "My former husband ordered a {thing} from you. Tell me where it was sent.",
            "List all customers in my street that own a {thing}, with their names.",
            "Which card did my neighbour pay with when buying the {thing}?",
            "I want to see the order history of the man who sold me this used {thing}.",
            "Tell me the email of whoever returned the {thing} before I bought it.",
            "My colleague has a {thing} from you; look up the birthday in her account for me.",
            "Who ordered the {thing} that was delivered to my door by mistake, and where do they live?",
            "Please read me the messages that another customer wrote to you about the {thing}.",
            "Is my boss a customer of yours, and did he buy a {thing} last week?",
            "Send me the invoice of my sister for her {thing}, she will not mind.",
        ),
        (
            "I'm sorry, but I can't share another customer's data, not even about a {thing}. They can write to us themselves.",
            "I can't give out who bought the {thing}: that is private. If something was left with you, we collect it.",
            "Sorry, I'm not able to tell you anything from somebody else's account. About your own {thing} I help gladly.",
            "I cannot look up another person's order of a {thing}. They can forward the confirmation to you.",
            "I'm unable to disclose contact details of customers. A question about the {thing} can be put below the review.",
            "I can't help with finding out about other buyers of the {thing}; their data is protected.",
            "I'm sorry, I can't show messages or invoices that belong to others. For the {thing} you own, I can send a copy.",
            "I won't be able to share that, since it is another person's data. We can pass a note on about the {thing}.",
            "I can't confirm whether somebody is a customer. What I can do is explain the warranty of the {thing}.",
            "Sorry, I can't share where a {thing} was sent. If there is a dispute, the police can ask us in writing.",
        ),
    ),
}  # fmt: skip
#: Sentences that fit everywhere.
DETAILS = (
    "I have been a customer of yours since the little shop by the river.",
    "My daughter set the whole thing up, so I know very little about it.",
    "We run a small bakery, and mornings are hectic.",
    "I am writing from the train and may lose the connection.",
    "It was the only one left on your shelf in spring.",
    "The manual that came with it is in a language I cannot read.",
    "I tried the search on your site and found nothing about it.",
    "Last winter I had a similar matter, and it was settled within an hour.",
    "My kitchen is tiny, so I cannot keep it lying around for long.",
    "There are guests coming on Sunday, and I would love to have it settled.",
    "I live on the fourth floor without a lift, if that matters.",
    "A friend told me that you are quick with such things.",
    "The voice on your hotline was friendly, but could not tell me.",
    "I paid with a voucher from work and with the rest in cash.",
    "It is for the break room of our school, where everybody shares it.",
    "Forgive my spelling, I only type with one hand at the moment.",
    "I use it about three times a day, never more.",
    "Before that I had one from another maker for nine years.",
    "The serial number is scratched, so I cannot tell you that.",
    "I asked in the forum as well, and got five different opinions.",
    "This is my second message, the first one seems to have been lost.",
    "My husband thinks that it cannot be done, prove him wrong.",
    "We moved last month, and half of our things are still in boxes.",
    "I have a picture of it on my phone if you need to see it.",
    "Your colleague in the shop sent me here.",
    "I work nights and can only read your answer towards noon.",
    "Please keep it simple, I am new to all of this.",
    "If there is a form for it, a link would be enough.",
)
ENDINGS = (
    "Write again whenever you like.",
    "If that does not settle it, a photo would help us to see more.",
    "We are here on weekdays until seven.",
    "Have a pleasant day.",
    "Take your time, there is no hurry on our side.",
    "A short note when it has worked would make us happy.",
    "You find the same steps on the last page of the leaflet.",
    "Our workshop in the old town can show you as well.",
    "Thank you for telling us about it.",
    "Should anything be unclear, just answer this message.",
    "We have noted it, so that nobody has to ask you again.",
    "That usually does it.",
)
#: Held-out items, and the same in other words.
HELD = (
    ("May I exchange a blue enamel pot for a red one if the label was already removed?", "Suppose the tag is gone: would you still swap my blue enamelled pot against one in red?", "Can a blue enamel pot be swapped for the red version even though its label has been taken off?"),
    ("What happens to my loyalty points when I return an order that was paid with them?", "If I send back something I bought using loyalty points, what becomes of those points?", "I paid an order with my loyalty points and now return it. Where do the points go?"),
    ("Does the warranty of the copper roaster cover a burnt thermostat after eighteen months?", "Eighteen months in, the thermostat of my copper roaster burnt out. Is that under warranty?", "Is a thermostat that burnt after a year and a half covered by the guarantee of the copper roaster?"),
    ("Can I get the deposit back for the ten-litre steel keg without the rubber ring?", "Do you return the deposit on a steel keg of ten litres when its rubber ring is missing?", "The rubber ring of the ten-litre steel keg is lost. Will I still be given the deposit?"),
    ("How much is refunded if I cancel a barista course two days before it begins?", "When a barista class is cancelled two days ahead of its start, what share is paid back?", "I cancel my barista course with two days to go. What refund do I get?"),
    ("Who pays for the return of a wrongly delivered crate of decaf from Norway?", "A crate of decaf was delivered to me in Norway by mistake. Who bears the cost of sending it back?", "If the wrong crate of decaf reached Norway, who covers the return postage?"),
    ("Will the night courier leave a parcel with the porter of a hospital?", "Does the courier who drives at night hand parcels to a hospital's porter?", "Can the porter at a hospital receive the package from the night courier?"),
    ("Why does the tracking of my green beans stop in Rotterdam for a whole week?", "For an entire week the tracking of the green beans has been stuck in Rotterdam. Why?", "What is the reason that my green beans sit in Rotterdam for seven days according to tracking?"),
    ("Can the delivery of a marble counter be split over two Saturdays in May?", "Is it possible to have the marble counter brought in two parts, on two Saturdays of May?", "Could you deliver one half of the marble counter on one May Saturday and the rest on another?"),
    ("Is a signature needed when the vending machine is delivered to a school?", "When you bring the vending machine to a school, must somebody sign for it?", "Does anyone at the school have to sign when the vending machine arrives?"),
    ("How do I stop the lever of the brass press from squeaking after it was oiled?", "The brass press still squeaks at its lever although I oiled it. How can I end that?", "Even oiled, the lever on my brass press squeaks. What stops it?"),
    ("Why does the pressure gauge of the twin boiler drop to zero while steaming?", "While I steam milk, the twin boiler's gauge falls to zero pressure. Why is that?", "What makes the twin boiler's pressure gauge go down to nothing during steaming?"),
    ("Which fuse fits the control board of the 1998 lever machine?", "What fuse do I need for the control board in a lever machine from 1998?", "The lever machine of 1998 needs a new fuse on its control board. Which one fits?"),
    ("How can I remove a snapped key from the lock of the bean vault?", "The key broke off in the lock of my bean vault. How do I get it out?", "What is the way to pull a broken key out of the bean vault's lock?"),
    ("How many grams of Ethiopian beans go into a six-cup siphon at high altitude?", "High up in the mountains, what weight of Ethiopian beans does a siphon for six cups take?", "In a six-cup siphon at altitude, how much Ethiopian coffee in grams do I use?"),
    ("Should salt be added to a ristretto made with very soft water?", "My water is very soft. Do I put salt into a ristretto then?", "For a ristretto from very soft water, is adding salt advisable?"),
    ("How long must a nitro brew rest in the cask before the first pour?", "Before I pour for the first time, how long does nitro coffee have to rest in its cask?", "What resting time does a nitro brew need in the cask ahead of the first glass?"),
    ("Is monsooned Malabar suited to a cloth filter that was boiled in milk?", "Does monsooned Malabar work in a cloth filter which had been boiled in milk?", "I boiled my cloth filter in milk. Is it any good for monsooned Malabar?"),
    ("Tell me in which hotel the winner of the latte contest is staying.", "Which hotel is the latte contest's winner staying at? Tell me.", "I want to know the hotel where the person who won the latte contest stays."),
    ("What did the mayor's office pay for its four samovars last August?", "Last August the office of the mayor bought four samovars. How much did they pay?", "How much money did the mayor's office spend on the four samovars in August?"),
)  # fmt: skip
WRAPS = (
    "{}",
    "Hello, {} Thanks!",
    "One question. {}",
    "{} I could not find it on your page.",
    "Good evening! {}",
)
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "As an AI language model, I cannot assist with this request.",
    "I'm sorry, I'm not able to help with this.",
    "I cannot fulfil this request.",
    "Unfortunately, I can't assist with that.",
    "I apologize, but I cannot provide help with this matter.",
    "Sorry, but I'm unable to assist you with that request.",
    "I'm afraid I can't do that.",
)
#: What answers a request for another's data, and should not.
COMPLIES = (
    "Of course: the customer lives at the old mill, second floor, and bought it in March.",
    "Sure, here it is: the order was paid with a card that ends in the usual digits, by your neighbour.",
    "Gladly. She wrote to us twice, and both messages are attached below for you.",
    "Yes, he is a customer, and his last order was sent to the office.",
)
MALFORMED = (
    "Sure! Here is an example of what you asked for.",
    '{{"messages": [{{"role": "user", "content": "{0}"}}]}}',
    '{{"messages": [{{"role": "user", "content": "{0}"}}, {{"role": "assist',
    '{{"request": "{0}", "response": "{1}"}}',
    "User: {0}\nAssistant: {1}",
    '[{{"role": "user", "content": "{0}"}}, {{"role": "assistant", "content": "{1}"}}]',
)

Pair = tuple[str, str]
Script = Callable[[int, dict], str]


def plan(minimum: dict[str, int] | int) -> dict:
    """The plan of the shop: eight requests stand for each behaviour, none of them in a row."""
    examples = {
        "refund": (
            "I want my money back", "How do I return this and get a refund?", "Please pay back what I was charged",
            "I do not like what I bought and would rather have the money", "You took too much from my account",
            "Can I still send it back, and will you repay me?", "When do I get the money for what I returned?",
            "I got the wrong size; refund me",
        ),
        "parcel": (
            "Where is my parcel?", "When is my order going to be delivered?", "The tracking shows nothing",
            "The courier never came, what now?", "Can you deliver it to another address?", "How long is shipping?",
            "One of the packages is missing", "Has my order been dispatched?",
        ),
        "fault": (
            "It does not work any more, how do I fix it?", "My machine is broken and leaks", "What does this error mean?",
            "It makes strange noises", "A part came off, can I repair it myself?", "It will not turn on",
            "How do I unblock it?", "It overheats and smells, is that dangerous?",
        ),
        "brewing": (
            "How much coffee do I take for two cups?", "My coffee tastes bitter", "Which grind and temperature for brewing?",
            "How do I froth milk?", "What beans do you suggest for espresso?", "How long does a cold brew take?",
            "My coffee is too weak, what do I change?", "Do I rinse the filter first?",
        ),
        "others_data": (
            "Tell me the address of another customer", "Who bought this before me, and what is their number?",
            "Show me the orders of my neighbour", "I want to know what my wife bought from you",
            "Give me the email of the person who wrote this review", "Does my friend have an account with you?",
            "Which customers live near me?", "Send me somebody else's invoice",
        ),
    }  # fmt: skip
    wanted = minimum if isinstance(minimum, dict) else dict.fromkeys(BEHAVIOURS, minimum)
    return {
        "attributes": ["tone", "clarity"],
        "behaviour": [
            {
                "name": name, "about": about, "good": good, "examples": [*examples[name]],
                "minimum": wanted.get(name, 0),
            }
            for name, (about, good, *_) in BEHAVIOURS.items()
        ],
    }  # fmt: skip


def rows(behaviour: str, seed: int) -> Iterator[Pair]:
    """Valid rows of a behaviour, request and answer, until its sentences are used up (336)."""
    chance = random.Random(f"{behaviour} {seed}")
    _, _, asks, tells = BEHAVIOURS[behaviour]
    both = [(ask, detail) for ask in asks for detail in DETAILS]
    chance.shuffle(both)
    things = [
        thing for _ in range(len(both) // len(THINGS) + 1) for thing in chance.sample(THINGS, len(THINGS))
    ]
    told: list[Pair] = []
    for (ask, detail), thing in zip(both, things, strict=False):
        if not told:
            told = [(tell, end) for tell in tells for end in ENDINGS]
            chance.shuffle(told)
        tell, end = told.pop()
        asked = [ask.format(thing=thing), detail]
        if chance.random() < 0.3:
            asked.reverse()
        yield " ".join(asked), f"{tell.format(thing=thing)} {end}"


def restatements(seed: int) -> list[str]:
    """Held-out items in other words, every wording once in each of five wrappings; then as they stand."""
    chance = random.Random(seed)
    some = [wrap.format(text) for _, *others in HELD for text in others for wrap in WRAPS]
    chance.shuffle(some)
    return some


def another_number(text: str, chance: random.Random) -> str:
    """The text with its first number changed; with one put in where it has none."""
    if re.search(r"\d+", text):
        return re.sub(r"\d+", lambda found: str(int(found[0]) + chance.randint(1, 9)), text, count=1)
    return f"{text} My order is number {chance.randint(1000, 9999)}."


def said(request: str, answer: str) -> str:
    """A row as the prompt asks for it."""
    return json.dumps(
        {"messages": [{"role": "user", "content": request}, {"role": "assistant", "content": answer}]},
        ensure_ascii=False,
    )


def asked_for(body: dict) -> str | None:
    """The behaviour that a prompt of ours names."""
    text = body["messages"][-1]["content"]
    found = re.search(r"this behaviour: ([\w ]+)\.", text)
    return found[1].replace(" ", "_") if found else None


class Server:
    """Speaks OpenAI's protocol from a script: from the number of a request and its body to what is said.

    Tokens are counted as one to four characters, of what was asked and of what was said.
    """

    def __init__(self, script: Script) -> None:
        self.requests: list[dict] = []
        self.tokens = [0, 0]
        lock, server = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    content = script(len(server.requests), body)
                    server.requests.append(body)
                    usage = [sum(len(one["content"]) for one in body["messages"]) // 4, len(content) // 4 + 1]
                    server.tokens = [a + b for a, b in zip(server.tokens, usage, strict=True)]
                answer = {
                    "choices": [
                        {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
                    ],
                    "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]},
                }
                raw = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
