"""Secrets that webhooks name, as in `{{ secret.crm_token }}`: set where Ensue runs, never kept with a campaign.

One rule: only what is handed over holds them; whatever is shown has their names instead.
"""

from collections.abc import Mapping

from ensue.content.liquid import TemplateFault


class Secrets:
    """Gives templates a secret by its name in small letters, one at a time.

    One that is not set is a fault of the template; without any values each is shown as its name.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = values

    def __getitem__(self, name: object) -> str:
        if self._values is None:
            return f"[secret {name}]"
        if not isinstance(name, str) or name not in self._values:
            hint = f"Set ENSUE_SECRET_{str(name).upper()} where Ensue runs."
            raise TemplateFault(f"the secret '{name}' is not set", hint=hint)
        return self._values[name]

    def __str__(self) -> str:
        return ""

    __repr__ = __str__


HIDDEN = Secrets()
