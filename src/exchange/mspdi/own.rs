//! What a program says of an activity or a milestone and MSPDI has no place for: an export writes it to custom text fields, which
//! have the names of Plumbline's fields, and an import takes it back from them, whatever their numbers are.

/// What the names of the fields begin with.
const PREFIX: &str = "Plumbline: ";
/// The most characters that Microsoft Project keeps of a text field.
pub(super) const MOST: usize = 255;
/// What the file holds where the program's own schedule has it: see [`HELD_CONSTRAINT`] and [`HELD_CALENDAR`].
pub(super) const HELD: &str = "held";
/// The constraint of the task is none of the item's own.
pub(super) const HELD_CONSTRAINT: &str = "constraint";
/// The calendar of the task is none of the item's own.
pub(super) const HELD_CALENDAR: &str = "calendar";

/// The names of fields, with the identifiers and names of Project's custom fields that hold them.
pub(super) const FIELDS: [(&str, &str, &str); 10] = [
    ("project", "188744007", "Text21"),
    ("project_name", "188744008", "Text22"),
    ("kind", "188744009", "Text23"),
    ("raised_on", "188744010", "Text24"),
    ("tags", "188744011", "Text25"),
    ("forecast_reason", "188744012", "Text26"),
    ("forecast_from", "188744013", "Text27"),
    ("acceptance_criteria", "188744014", "Text28"),
    ("confidence", "188744015", "Text29"),
    (HELD, "188744016", "Text30"),
];

/// What a field is called in Project.
pub(super) fn alias(field: &str) -> String {
    format!("{PREFIX}{field}")
}

/// The field of which a custom field has the name.
pub(super) fn field(alias: &str) -> Option<&'static str> {
    let name = alias.strip_prefix(PREFIX)?;
    FIELDS.iter().map(|(field, ..)| *field).find(|field| *field == name)
}

/// What a task says of a field.
pub(super) fn of<'a>(task: &'a super::Task, field: &str) -> Option<&'a str> {
    task.own.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
}

/// Whether something of a task is only there to hold it where the program's schedule has it.
pub(super) fn is_held(task: &super::Task, what: &str) -> bool {
    of(task, HELD).is_some_and(|held| held.split(' ').any(|one| one == what))
}

/// Notes that something of a task is only there to hold it.
pub(super) fn hold(task: &mut super::Task, what: &str) {
    match task.own.iter_mut().find(|(name, _)| *name == HELD) {
        Some((_, held)) => {
            held.push(' ');
            held.push_str(what);
        }
        None => task.own.push((HELD, what.to_owned())),
    }
}
