"""An answer that runs on into another row is found; numbered steps, headings and talk of input and output pass."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "It depends.\n18. Instruction: Find the noun.\n18. Input:\nApple",
        "Long.\n\n### Instruction:\nNext.\n\n### Response:\nDone.",
        "Long.\n##\n7. Instruction: Next",
        "a\n### Response:\nb",
        "Instruction: Add.\nInput: 1, 2\nOutput: 3",
        "x\n2) Output: y",
        "A mammal.\n###\n12. Instruction: Name three birds of prey.\n12. Input:\n<noinput>\n12. Output:\nKite",
        "The answer is 4.\n\nInstruction: Multiply the two numbers.\nOutput: 12",
        "Bonjour.\n\n## 9. instruction: Translate into French",
        "Blue.\n\n### Instruction\nGive an antonym of cold.",
    ],
)
def test_another_row_is_found(answer):
    assert score("merged_rows", "How long is it?", answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "1. Input is read\n2. Output is written", "## Output:\n120", "# Instructions\nMix.", "The instruction: mix well.", "Input: 3", "Output: 4", "### Results", "### Output", "Step 1. Instructions follow", "Response: yes",
        "Instructional design: see below", "1. Read the input: then stop", "Q: a\nA: b\nQ: c\nA: d",
        # Headings of a report, a recipe, a manual.
        "### Instructions\n1. Preheat the oven.\n2. Grease the tin.", "## Ingredients\n- flour\n\n## Instructions\nMix and bake.", "**Instructions:**\n1. Fold the paper.", "### Response time\nUnder 200 ms.", "### Responses of the plant\nIt bends to the light.", "### Input data\nA table.", "#### Instruction set\nRISC has few.",
        "# Response\n\nThank you for your letter.", "Response: The committee agreed.", "Instructions: cut along the line.", "Instruction manual, page 4",
        # Numbered lists whose items speak of inputs and outputs.
        "1. Inputs: flour, water\n2. Outputs: bread", "1. Input layer\n2. Hidden layer\n3. Output layer", "1. Input validation: check the type.\n2. Output encoding: escape it.", "1. Instruction fetch\n2. Decode\n3. Execute", "3. Output voltage: 5 V", "2. Input impedance: 1 MΩ",
        # Examples of a program and of a task.
        "Input: [3, 1, 2]\nOutput: [1, 2, 3]", "Example 1:\nInput: 4\nOutput: 16", "Sample input: 5\nSample output: 25", "For the input: 7, the output: 49.", "Expected output: hello", "```\nInput: n\nOutput: n!\n```", "$ ./run\nOutput: done",
        # Other languages, numbers that count something else.
        "Anweisung: Rühren.\nEingabe: keine", "输入：3\n输出：9", "18. instructions were given in all", "In 18. Infantry Division", "The 7. Input was late", "Step 2: Output the result", "Exercise 3. Instructions: write a letter.", "Question: How long?\nAnswer: 40 m", "Task: sort\nSolution: use a heap",
    ],
)  # fmt: skip
def test_what_only_speaks_of_input_and_output_passes(answer):
    assert score("merged_rows", "How long is it?", answer) < 0.5
