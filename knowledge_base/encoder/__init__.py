"""Sentence encoders: the port, what stands behind it, and which one a setting means.

Nothing here imports torch or another model library before an encoder that needs it is made.
"""

from knowledge_base.encoder.caching import CachingEncoder
from knowledge_base.encoder.loading import load_encoder, load_multilingual, multilingual_loader
from knowledge_base.encoder.port import Encoder
from knowledge_base.encoder.roles import encode_units
from knowledge_base.encoder.sentence_transformer import SentenceTransformerEncoder

__all__ = [
    "CachingEncoder",
    "Encoder",
    "SentenceTransformerEncoder",
    "encode_units",
    "load_encoder",
    "load_multilingual",
    "multilingual_loader",
]
