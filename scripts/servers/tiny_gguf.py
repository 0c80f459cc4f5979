"""A model of llama's kind in about two megabytes, made so that what it says is known beforehand.

Usage: tiny_gguf.py OUT.gguf

The weights are a chain of tokens: an embedding is one number in its own place, attention and feed-forward add nothing, and
the output layer names the token that follows. After a prompt that ends in "?" it says the sentence printed here and stops;
after one that ends in "!" it goes on until it is told to stop. A server runs it as any model, with its own tokenizer,
template, cache, sampling and counting; only that the answer can be compared letter by letter.
"""

import sys

import gguf
import numpy as np

# Each token occurs once, for the last one alone decides the next. «Ё» and «🙂» are no words of the vocabulary:
# they go byte by byte, so that the server has to put letters together.
SENTENCE = ["▁Чай", "▁растёт", "▁в", "▁Китае", ",", "▁", "Ё", "▁и", "▁пьют", "▁его", "▁всюду", "🙂", "."]
ROUND = ["▁раз", "▁два", "▁три"]
ASKS, CALLS = "?", "!"

UNKNOWN, BEGIN, END = 0, 1, 2
BYTES_FROM = 3
CONTEXT_TOKENS = 65536
# Far more than any temperature evens out: a softmax of it leaves the others e^-35.
SURE = 2.0
TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message.content }}{% endfor %}"


def vocabulary():
    """Texts, kinds and scores: the three special tokens, the 256 bytes, the words."""
    kinds = gguf.TokenType
    tokens = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
    tokens += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    tokens += [(word, kinds.NORMAL) for word in words()]
    # A tokenizer of this kind joins pieces by score: the longer word wins.
    scores = [float(len(text)) if kind == kinds.NORMAL else 0.0 for text, kind in tokens]
    return [text for text, _ in tokens], [int(kind) for _, kind in tokens], scores


def words():
    return [word for word in SENTENCE + ROUND if len(word) > 1 or word in ",.▁"] + [ASKS, CALLS]


def ids_of(piece, texts):
    """One token where the vocabulary has it, otherwise its bytes."""
    if piece in texts:
        return [texts.index(piece)]
    return [BYTES_FROM + byte for byte in piece.encode()]


def followers(texts):
    """Which token comes after which."""
    sentence = [token for piece in SENTENCE for token in ids_of(piece, texts)]
    chain = [*ids_of(ASKS, texts), *sentence, END]
    assert len(set(chain)) == len(chain), "a token that occurs twice would turn the chain into a loop"
    follows = dict(zip(chain, chain[1:]))
    loop = [token for piece in ROUND for token in ids_of(piece, texts)]
    follows.update(zip([*ids_of(CALLS, texts), *loop], [*loop, loop[0]]))
    return follows


def write(path):
    texts, kinds, scores = vocabulary()
    width = -(-len(texts) // 64) * 64
    hidden = 64
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_vocab_size(len(texts))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    writer.add_token_scores(scores)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, weights in tensors(texts, width, hidden):
        writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(texts, width, hidden):
    output = np.zeros((len(texts), width))
    # Whatever no chain follows ends the answer.
    output[END, :] = SURE
    for token, follower in followers(texts).items():
        output[END, token] = 0.0
        output[follower, token] = SURE
    yield "token_embd.weight", np.eye(len(texts), width)
    yield "output_norm.weight", np.ones(width)
    yield "output.weight", output
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        yield f"blk.0.{part}.weight", np.zeros((width, width))
    yield "blk.0.attn_norm.weight", np.ones(width)
    yield "blk.0.ffn_norm.weight", np.ones(width)
    yield "blk.0.ffn_gate.weight", np.zeros((hidden, width))
    yield "blk.0.ffn_up.weight", np.zeros((hidden, width))
    yield "blk.0.ffn_down.weight", np.zeros((width, hidden))


if __name__ == "__main__":
    write(sys.argv[1])
    print("".join(SENTENCE).replace("▁", " ").strip())
