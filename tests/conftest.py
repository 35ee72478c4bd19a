"""No test fails because the machine is slow: neither the profile of CI nor the default one has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")
