"""People in words: their roles, and why somebody was not let in."""

from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

ROLES = {
    "technician": N_("storage and dispatch technician"),
    "laboratory": N_("laboratory"),
    "quality": N_("quality officer"),
    "hospital": N_("hospital"),
    "administrator": N_("administrator"),
    "auditor": N_("auditor"),
}

TURNED_AWAY = {
    "credentials": N_("The login or the password is wrong, or the account is disabled."),
    "throttled": N_("Too many failures. Wait a while, or ask an administrator for a new one-time code."),
    "busy": N_("Too many sign-ins at this moment. Try again in a few seconds."),
    "code": N_("This code is not valid. A code works once and for seven days; ask an administrator for a new one."),
    "password": N_("Choose a longer password: at least 12 characters, not your login, not a common one."),
}
