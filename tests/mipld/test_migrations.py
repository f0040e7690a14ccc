from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from ecmiip.errors import UserError
from ecmiip.mipld import ingest, migrations


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'mipld.sqlite'}")


def test_each_migration_runs_once(engine: Engine) -> None:
    names = [name for name, _ in migrations.MIGRATIONS]
    assert migrations.migrate(engine) == names
    assert migrations.migrate(engine) == []
    assert names == sorted(names)


def test_documents_taken_in_long_ago_survive(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        migrations.migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO ingested VALUES ('a.txt', 'digest', '2020-01-01', '[]')")
        )
    (kept,) = ingest.kept(tmp_path / "mipld.sqlite")
    assert (kept.path, kept.problems) == ("a.txt", "[]")


def test_a_migration_that_fails_leaves_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, ("0003 fails", fail)))
    with pytest.raises(RuntimeError, match="power cut"):
        migrations.migrate(engine)
    with engine.connect() as connection:
        assert migrations.applied(connection) == []


def test_a_database_from_the_future_is_refused(engine: Engine) -> None:
    migrations.migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO migration VALUES ('9999 unheard of', '')"))
    with pytest.raises(UserError, match="made by a newer ecmiip"):
        migrations.migrate(engine)
