"""No test fails because the machine is slow: no profile has a deadline. `anew` draws other examples each time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")
settings.register_profile("anew", settings.get_profile("default"), deadline=None)
