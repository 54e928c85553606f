"""`ensue apps`: the sites and mobile apps that may use the SDK."""

from cyclopts import App

from ensue.cli.client import client
from ensue.cli.managing import console, print_table
from ensue.cli.printing import OK

apps = App(name="apps", help="Sites and mobile apps that use the SDK.")


@apps.command(name="create")
def create_app(name: str, *, origin: list[str] | None = None, signed: bool = False) -> int:
    """Make an app and print its publishable key; with `--signed` also its secret, this once.

    Parameters
    ----------
    name:
        Which site or app it is.
    origin:
        Where its pages are, as in https://shop.example; may be given several times, and `*` allows all.
    signed:
        Requests for a user need a token that the site's own server signs with the secret.

    """
    with client() as ensue:
        answer = ensue.post("/api/v1/apps", {"name": name, "origins": origin or [], "signed": signed})
    app, secret = answer["app"], answer["secret"]
    console.print(f"{app['id'] if isinstance(app, dict) else app}", highlight=False)
    if secret:
        console.print(f"secret: {secret}", highlight=False)
    return OK


@apps.command(name="list")
def list_apps() -> int:
    """List the apps; their secrets are not shown again."""
    with client() as ensue:
        answer = ensue.get("/api/v1/apps")
    found = answer["apps"]
    print_table("apps", found if isinstance(found, list) else [])
    return OK


@apps.command(name="revoke")
def revoke_app(app_id: str) -> int:
    """Revoke an app by its key."""
    with client() as ensue:
        ensue.delete(f"/api/v1/apps/{app_id}")
    console.print(f"revoked {app_id}", highlight=False)
    return OK
