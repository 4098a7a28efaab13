"""People in words: their roles, why somebody was not let in, and why an account is not as an administrator asked."""

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

NOT_DONE = {
    "roles": N_("Choose at least one role."),
    "organisation": N_("With these roles a person belongs to an organisation: choose it."),
    "login": N_(
        "A login has 2 to 64 Latin letters, digits, dots, underscores, @ or hyphens; first a letter or a digit."
    ),
    "name": N_("Give the name as it is to be printed, of at most 100 characters."),
    "taken": N_("Somebody else has this login. Choose another."),
    "last-administrator": N_("This is the last administrator who can sign in. Let another one in first."),
    "account": N_("There is no such account any more. Load the page again."),
}
"""By the rule of `ledger.accounts.AccountError`."""
