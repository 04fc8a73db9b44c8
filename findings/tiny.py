"""A byte-level tokenizer with ChatML's marks and a model of a few thousand weights, for scripts that run trainers."""

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

transformers.logging.set_verbosity_error()

CHATML = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}"
    "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tokenizer():
    vocab = {sign: number for number, sign in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<pad>", "<|im_start|>", "<|im_end|>"])
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="<|im_end|>"
    )
    wrapped.chat_template = CHATML
    return wrapped


def model():
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=300, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512,
        )
    )  # fmt: skip


def sft(rows, **settings):
    """What TRL's SFTTrainer trains: the text of each sequence of its first epoch, and the trained part of it."""
    import datasets
    from trl import SFTConfig, SFTTrainer

    datasets.disable_progress_bars()

    words = tokenizer()
    trainer = SFTTrainer(
        model=model(),
        args=SFTConfig(
            output_dir="out", report_to=[], use_cpu=True, bf16=False, seed=0, per_device_train_batch_size=8,
            dataloader_pin_memory=False, **settings,
        ),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=words,
    )  # fmt: skip
    return [
        (words.decode(ids), words.decode([token for token in labels if token != -100]))
        for batch in trainer.get_train_dataloader()
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True)
    ]


def chat(*texts, **last):
    messages = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
    messages[-1] |= last
    return {"messages": messages}
