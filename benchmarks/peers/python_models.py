"""The process of a native peer that is used from Python: python_models.py openvino|ctranslate2|torch."""

import sys

import numpy as np

from python_host import serve, timed


class OpenVino:
    """Runs the ONNX files; in bf16 the float32 one, by its hint."""

    def __init__(self, model, dtype, threads):
        import openvino

        core = openvino.Core()
        graph = core.read_model(model["onnx"]["q8" if dtype == "q8" else "f32"])
        self.compiled = core.compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "bf16" if dtype == "bf16" else "f32",
                "ENABLE_CPU_PINNING": False,
                "PERFORMANCE_HINT": "LATENCY",
            },
        )
        self.request = self.compiled.create_infer_request()

    def prepare(self, inputs):
        return inputs

    def run(self, inputs):
        return self.request.infer(inputs, share_inputs=True)[0]


def bert(model):
    """The checkpoint's config and a function that gives its parameters, float32."""
    import json
    import os

    from safetensors import safe_open

    with open(os.path.join(model["folder"], "config.json")) as file:
        config = json.load(file)
    weights = safe_open(os.path.join(model["folder"], "model.safetensors"), framework="np")
    return config, lambda name: weights.get_tensor(name).astype(np.float32)


class CTranslate2:
    """Converts the checkpoint as the library's own converter does; the classifier is numpy's."""

    def __init__(self, model, dtype, threads):
        import tempfile

        import ctranslate2
        from ctranslate2.specs import common_spec, transformer_spec

        config, get = bert(model)
        encoder = transformer_spec.TransformerEncoderSpec(
            config["num_hidden_layers"],
            config["num_attention_heads"],
            pre_norm=False,
            activation=common_spec.Activation.GELU,
            layernorm_embedding=True,
            num_source_embeddings=2,
            embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        )
        spec = transformer_spec.TransformerEncoderModelSpec(encoder, pooling_layer=True)

        def linear(target, *names):
            target.weight = np.concatenate([get(f"{name}.weight") for name in names])
            target.bias = np.concatenate([get(f"{name}.bias") for name in names])

        def norm(target, name):
            target.gamma, target.beta = get(f"{name}.weight"), get(f"{name}.bias")

        tables = "bert.embeddings"
        encoder.scale_embeddings = False
        encoder.embeddings[0].weight = get(f"{tables}.word_embeddings.weight")
        encoder.embeddings[1].weight = get(f"{tables}.token_type_embeddings.weight")
        encoder.position_encodings.encodings = get(f"{tables}.position_embeddings.weight")
        norm(encoder.layernorm_embedding, f"{tables}.LayerNorm")
        for i, layer in enumerate(encoder.layer):
            path = f"bert.encoder.layer.{i}"
            own = f"{path}.attention.self"
            linear(layer.self_attention.linear[0], f"{own}.query", f"{own}.key", f"{own}.value")
            linear(layer.self_attention.linear[1], f"{path}.attention.output.dense")
            norm(layer.self_attention.layer_norm, f"{path}.attention.output.LayerNorm")
            linear(layer.ffn.linear_0, f"{path}.intermediate.dense")
            linear(layer.ffn.linear_1, f"{path}.output.dense")
            norm(layer.ffn.layer_norm, f"{path}.output.LayerNorm")
        linear(spec.pooler_dense, "bert.pooler.dense")
        spec.register_vocabulary([str(i) for i in range(config["vocab_size"])])
        spec.config.layer_norm_epsilon = config["layer_norm_eps"]
        spec.validate()
        self.weight, self.bias = get("classifier.weight"), get("classifier.bias")
        with tempfile.TemporaryDirectory() as folder:
            spec.optimize(quantization="int8" if dtype == "q8" else None)
            spec.save(folder)
            self.encoder = ctranslate2.Encoder(
                folder,
                compute_type="int8_float32" if dtype == "q8" else "float32",
                intra_threads=threads,
                inter_threads=1,
            )
        self.view = ctranslate2.StorageView.from_array

    def prepare(self, inputs):
        ids = inputs["input_ids"].astype(np.int32)
        lengths = inputs["attention_mask"].sum(axis=1).astype(np.int32)
        return ids, lengths, inputs["token_type_ids"].tolist()

    def run(self, inputs):
        ids, lengths, types = inputs
        output = self.encoder.forward_batch(
            self.view(ids), lengths=self.view(lengths), token_type_ids=types
        )
        return np.array(output.pooler_output) @ self.weight.T + self.bias


class Torch:
    """Eager PyTorch with its fused attention."""

    def __init__(self, model, dtype, threads):
        import torch

        if dtype != "f32":
            raise ValueError(f"The dtype {dtype} is not measured with torch.")
        self.torch = torch
        torch.set_num_threads(threads)
        self.config, get = bert(model)
        cache = {}

        def parameter(name):
            if name not in cache:
                cache[name] = torch.from_numpy(get(name))
            return cache[name]

        self.get = parameter

    def prepare(self, inputs):
        tensors = {name: self.torch.from_numpy(array) for name, array in inputs.items()}
        mask = tensors["attention_mask"]
        tensors["attention_mask"] = None if bool(mask.all()) else mask[:, None, None, :].bool()
        return tensors

    def run(self, inputs):
        with self.torch.inference_mode():
            return self.forward(**inputs).numpy()

    def forward(self, input_ids, attention_mask, token_type_ids):
        functional, get = self.torch.nn.functional, self.get
        hidden, heads = self.config["hidden_size"], self.config["num_attention_heads"]
        rows, length = input_ids.shape

        def linear(x, name):
            return functional.linear(x, get(f"{name}.weight"), get(f"{name}.bias"))

        def norm(x, name):
            weight, bias = get(f"{name}.weight"), get(f"{name}.bias")
            return functional.layer_norm(x, (hidden,), weight, bias, self.config["layer_norm_eps"])

        def split(x):
            return x.view(rows, length, heads, hidden // heads).transpose(1, 2)

        tables = "bert.embeddings"
        x = functional.embedding(input_ids, get(f"{tables}.word_embeddings.weight"))
        x = x + functional.embedding(token_type_ids, get(f"{tables}.token_type_embeddings.weight"))
        x = norm(x + get(f"{tables}.position_embeddings.weight")[:length], f"{tables}.LayerNorm")
        for i in range(self.config["num_hidden_layers"]):
            path = f"bert.encoder.layer.{i}"
            own = f"{path}.attention.self"
            query, key, value = (split(linear(x, f"{own}.{n}")) for n in ("query", "key", "value"))
            context = functional.scaled_dot_product_attention(
                query, key, value, attn_mask=attention_mask
            )
            context = context.transpose(1, 2).reshape(rows, length, hidden)
            output = f"{path}.attention.output"
            x = norm(x + linear(context, f"{output}.dense"), f"{output}.LayerNorm")
            wide = functional.gelu(linear(x, f"{path}.intermediate.dense"))
            x = norm(x + linear(wide, f"{path}.output.dense"), f"{path}.output.LayerNorm")
        pooled = self.torch.tanh(linear(x[:, 0], "bert.pooler.dense"))
        return linear(pooled, "classifier")


ENGINES = {"openvino": OpenVino, "ctranslate2": CTranslate2, "torch": Torch}


class Handler:
    def __init__(self, engine):
        self.make = ENGINES[engine]
        self.engine = None
        self.batches = {}

    def load(self, request):
        options = request["options"]
        self.engine, spent = timed(
            lambda: self.make(request["model"], options["dtype"], options["threads"])
        )
        return {"time": spent, "detail": ""}

    def prepare(self, request):
        rows = request["rows"]
        shape = (len(rows), max(map(len, rows)))
        inputs = {
            name: np.zeros(shape, np.int64)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        }
        for i, row in enumerate(rows):
            inputs["input_ids"][i, : len(row)] = row
            inputs["attention_mask"][i, : len(row)] = 1
        self.batches[request["batch"]] = self.engine.prepare(inputs)
        return {}

    def run(self, request):
        inputs = self.batches[request["batch"]]
        logits, spent = timed(lambda: self.engine.run(inputs))
        return {"time": spent, "logits": np.asarray(logits, np.float64).ravel().tolist()}

    def dispose(self, _):
        self.engine = None
        return {}


serve(Handler(sys.argv[1]))
