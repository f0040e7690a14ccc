"""Which number type each tensor of a GGUF gets, and the numbers in it.

F16 and Q8_0 are computed by the gguf package. The K types are computed by llama.cpp's own
``ggml_quantize_chunk``, a public function of ggml that the library inside xllamacpp exports;
llama.cpp's whole ``llama_model_quantize`` is not exported there, so the choice of types is made
here, after ``llama_tensor_get_type`` in llama.cpp's src/llama-quant.cpp.
"""

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError

# Name → llama.cpp's number for it in general.file_type (enum llama_ftype).
FILE_TYPES = {"F16": 1, "Q8_0": 7, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18}
_LOW = {"Q4_K_M": "Q4_K", "Q5_K_M": "Q5_K"}
# Where a row is no whole number of 256-value blocks (0.5B: 896), llama.cpp takes the next best.
_FALLBACK = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
_BLOCK, _K_BLOCK = 32, 256


def check(quant: str) -> None:
    """Raise UserError unless ``quant`` is a known type that can be computed here."""
    if quant not in FILE_TYPES:
        raise UserError(f"--quant {quant}: choose one of {', '.join(FILE_TYPES)}")
    if quant not in ("F16", "Q8_0"):
        _ggml()


def tensor_type(
    name: str, shape: Sequence[int], quant: str, layers: int, *, tied: bool = False
) -> str:
    """The type of the tensor ``name`` (rows, columns) in a file of type ``quant``.

    ``layers`` is the number of blocks; ``tied``: the embeddings are the output matrix too.
    """
    if len(shape) == 1 or not name.endswith(".weight"):
        return "F32"
    if quant == "F16" or shape[-1] % _BLOCK:
        return "F16"
    chosen = _LOW.get(quant, quant)
    if quant in _LOW and _wants_more(name, layers, tied):
        chosen = "Q6_K"
    return _FALLBACK.get(chosen, chosen) if shape[-1] % _K_BLOCK else chosen


def _wants_more(name: str, layers: int, tied: bool) -> bool:
    """Whether the mixes with _M give this tensor more bits than the rest."""
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        return True
    if not name.endswith(("attn_v.weight", "ffn_down.weight")):
        return False
    layer, eighth = int(name.split(".")[1]), layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def quantise(values: NDArray[np.float32], kind: str) -> NDArray[Any]:
    """``values`` (rows, columns) as numbers of type ``kind``: bytes, or floats for F16 and F32."""
    import gguf

    if kind == "F32":
        return values
    if kind == "F16":
        return values.astype(np.float16)
    if kind == "Q8_0":
        quantised: NDArray[Any] = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
        return quantised
    number = int(gguf.GGMLQuantizationType[kind])
    source = np.ascontiguousarray(values, dtype=np.float32)
    rows, columns = source.shape
    row = int(_ggml().ggml_row_size(number, columns))
    out = np.empty((rows, row), dtype=np.uint8)
    written = _ggml().ggml_quantize_chunk(
        number,
        source.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
        out.ctypes.data_as(ctypes.c_void_p),
        0,
        rows,
        columns,
        None,
    )
    assert written == out.nbytes, f"ggml wrote {written} bytes of {kind}, not {out.nbytes}"
    return out


@cache
def _ggml() -> ctypes.CDLL:
    """ggml inside the xllamacpp wheel, its two functions typed (ggml.h)."""
    wanted = "K types need llama.cpp's quantiser (pip install 'ecmiip[serve]'): or take F16 or Q8_0"
    try:
        import xllamacpp
    except ImportError as error:
        raise UserError(wanted) from error
    for folder in xllamacpp.__path__:
        for file in sorted([*Path(folder).glob("*.so"), *Path(folder).glob("*.pyd")]):
            library = ctypes.CDLL(str(file))
            if hasattr(library, "ggml_quantize_chunk") and hasattr(library, "ggml_row_size"):
                library.ggml_row_size.restype = ctypes.c_size_t
                library.ggml_row_size.argtypes = [ctypes.c_int, ctypes.c_int64]
                library.ggml_quantize_chunk.restype = ctypes.c_size_t
                library.ggml_quantize_chunk.argtypes = [
                    ctypes.c_int,
                    ctypes.POINTER(ctypes.c_float),
                    ctypes.c_void_p,
                    ctypes.c_int64,
                    ctypes.c_int64,
                    ctypes.c_int64,
                    ctypes.c_void_p,
                ]
                return library
    raise UserError(f"this build of xllamacpp does not give its quantiser; {wanted}")
