"""A backtest from the command line, on a real Ensue."""

from pathlib import Path

from tests.acceptance.running import Running

FILE = """
kind: campaign
id: thanks
name: Thanks
channels: {webhook: {url: "https://hooks.example/x"}}
delivery: {type: action_based, triggers: [{make_purchase: {}}], delay: {after: 1 second}}
audience: {segments: [everyone]}
"""


def test_a_file_is_run_over_the_past_and_compared(tmp_path: Path) -> None:
    running = Running(tmp_path, 9)
    (tmp_path / "thanks.yaml").write_text(FILE, encoding="utf-8")
    (tmp_path / "waits.yaml").write_text(FILE.replace("1 second", "30 days"), encoding="utf-8")
    purchase = {"external_id": "ana", "product_id": "lamp", "currency": "EUR", "price": 5}
    client = running.start()
    client.post(
        "/users/track", json={"attributes": [{"external_id": "ana"}], "purchases": [purchase]}
    ).raise_for_status()
    thanks, waits = str(tmp_path / "thanks.yaml"), str(tmp_path / "waits.yaml")
    found = running.command("backtest", thanks, "--against", waits)
    assert (found.returncode, found.stderr) == (0, "")
    assert "entered" in found.stdout
    assert "waiting" in found.stdout
    assert client.get("/api/v1/campaigns").json()["campaigns"] == []
    empty = running.command("backtest", thanks, "--until", "2026-03-02")
    assert empty.returncode == 2
    assert "the span holds no time" in empty.stderr
    absent = running.command("backtest", "none")
    assert absent.returncode == 2
    assert "there is no campaign 'none'" in absent.stderr
    running.close()
