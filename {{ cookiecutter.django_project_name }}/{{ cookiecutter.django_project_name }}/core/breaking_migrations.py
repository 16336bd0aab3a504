"""Finds the operations of migrations that break the code which runs before they are applied.

While a release is rolled out, and after a rollback, that code uses the database that the migrations have changed.
"""

from collections.abc import Iterable, Iterator

from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterModelTable,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState


def breaking_operations(state: ProjectState, migrations: Iterable[Migration]) -> Iterator[tuple[Migration, list[str]]]:
    """Return the migrations that break the code which runs, each with what does so.

    What is in ``SeparateDatabaseAndState`` or ``RunSQL`` is left to who wrote it.

    Args:
        state: the models before the migrations; it is changed to those after them. No other model is known to that code.
        migrations: those to apply, in order.
    """
    known = set(state.models)
    for migration in migrations:
        problems = []
        for operation in migration.operations:
            name = getattr(operation, "model_name_lower", None) or getattr(operation, "name_lower", "")
            model = state.models.get((migration.app_label, name))
            if model and (model.app_label, name) in known and (problem := why_it_breaks(operation, model)):
                problems.append(f"{operation.describe()}: {problem}")
            operation.state_forwards(migration.app_label, state)
        if problems:
            yield migration, problems


def why_it_breaks(operation: Operation, model: ModelState) -> str:
    """Return why an operation on a model breaks the code that runs, or an empty text."""
    default_table = f"{model.app_label}_{model.name_lower}"
    table = model.options.get("db_table") or default_table
    match operation:
        case AddField(field=field):
            is_required = not (field.null or field.many_to_many or field.generated or field.has_db_default())
            return "the code that runs cannot insert rows; give it db_default or null=True" if is_required else ""
        case RemoveField() | DeleteModel():
            return "the code that runs uses it; remove it from the code first"
        case RenameField(old_name=name) if not model.fields[name].db_column:
            return "the code that runs uses the old name; keep that in the database, by db_column"
        case RenameModel() if "db_table" not in model.options:
            return "the code that runs uses the old name; keep that in the database, by db_table"
        case AlterModelTable(table=new) if (new or default_table) != table:
            return "the code that runs uses the old name of the table"
    return ""
