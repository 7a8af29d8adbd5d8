"""A fake LoGoチャット for tests; see `FakeLogo`. Alone: python -m tests.logo_fake --port 8898."""

from tests.logo_fake.fake import FakeLogo
from tests.logo_fake.world import DOMAIN, ME, TOKEN, Json

__all__ = ["DOMAIN", "ME", "TOKEN", "FakeLogo", "Json"]
