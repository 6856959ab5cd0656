"""keras_h5.py FOLDER FILE: writes FOLDER's BERT classifier as Keras' tf_model.h5, by libhdf5."""

import re
import sys

import h5py
import numpy as np
from safetensors import safe_open


def keras_name(name, rank):
    """The weight's name without its class, and whether a matrix is stored transposed."""
    path = re.sub(r"layer\.(\d+)", r"layer_._\1", name)
    path = re.sub(r"\.(?!_)", "/", path.replace("_._", "\0")).replace("\0", "_._")
    if path.endswith("LayerNorm/weight"):
        return path[: -len("weight")] + "gamma", False
    if path.endswith("LayerNorm/bias"):
        return path[: -len("bias")] + "beta", False
    if re.search("(position|token_type)_embeddings/weight$", path):
        return path[: -len("weight")] + "embeddings", False
    if rank == 2 and "embeddings" not in path:
        return path[: -len("weight")] + "kernel", True
    return path, False


def main(folder, path):
    top = "tf_bert_for_sequence_classification"
    layers = {}
    with safe_open(f"{folder}/model.safetensors", framework="np") as weights:
        with h5py.File(path, "w") as file:
            for name in weights.keys():
                values = weights.get_tensor(name)
                weight, transposed = keras_name(name, values.ndim)
                layer = weight.split("/")[0]
                full = f"{top}/{weight}:0"
                values = np.ascontiguousarray(values.T) if transposed else values
                file.create_dataset(f"{layer}/{full}", data=values)
                layers.setdefault(layer, []).append(full)
            file.attrs["layer_names"] = [layer.encode() for layer in layers]
            for layer, names in layers.items():
                file[layer].attrs["weight_names"] = [name.encode() for name in names]
            file.create_group("top_level_model_weights").attrs["weight_names"] = []


main(*sys.argv[1:])
