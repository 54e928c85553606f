"""Every word of the core is called something."""

from typing import get_args

from ensue.core.effects import Outcome, Reason
from ensue.core.triggers import Trigger
from ensue.core.words import CampaignInteraction, CardInteraction
from ensue.services.terms import DEEDS, OUTCOMES, REASONS, called


def test_every_outcome_reason_and_deed_has_words() -> None:
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(Trigger)}
    kinds -= {"interact_with_campaign", "interact_with_card"}  # they are called by their interaction
    assert set(get_args(Outcome)) == OUTCOMES.keys()
    assert set(get_args(Reason)) == REASONS.keys()
    assert {*get_args(CampaignInteraction), *get_args(CardInteraction), *kinds, "scheduled", "api"} <= DEEDS.keys()


def test_figures_are_called_by_what_they_count() -> None:
    assert called("suppressed:not_reachable") == "not reachable"
    assert called("cancelled:open_email") == "opened the e-mail"
    assert called("perform_conversion_event:B") == "conversion B"
    assert called("revenue:EUR") == "revenue in EUR"
    assert called("open_email:machine") == "a machine opened the e-mail"
    assert called("something_new") == "something new"
