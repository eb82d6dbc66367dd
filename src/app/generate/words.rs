//! Names and titles for generated data. People and companies are invented.

use rand::RngExt;
use rand::rngs::StdRng;

const FIRST: [&str; 40] = [
    "Ada", "Amir", "Anja", "Aoife", "Bela", "Bruno", "Carla", "Chidi", "Dana", "Diego", "Elin", "Emil",
    "Farah", "Felix", "Gita", "Goran", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kaya", "Kofi",
    "Lena", "Luca", "Mei", "Milo", "Nadia", "Noor", "Olga", "Omar", "Petra", "Rafael", "Sana", "Stefan",
    "Tara", "Tomas", "Vera", "Yusuf",
];
const LAST: [&str; 40] = [
    "Abara",
    "Adler",
    "Bauer",
    "Bianchi",
    "Carlsen",
    "Castro",
    "Dahl",
    "Dubois",
    "Ekwueme",
    "Eriksen",
    "Farkas",
    "Ferrari",
    "Garcia",
    "Grimaldi",
    "Haddad",
    "Hoffmann",
    "Ito",
    "Ivanova",
    "Jansen",
    "Jovanovic",
    "Kaya",
    "Kovacs",
    "Larsen",
    "Lopez",
    "Marino",
    "Mensah",
    "Nakamura",
    "Novak",
    "Okafor",
    "Olsen",
    "Petrov",
    "Popescu",
    "Rossi",
    "Santos",
    "Sato",
    "Schmidt",
    "Silva",
    "Tanaka",
    "Varga",
    "Weber",
];
pub(super) const PROJECTS: [(&str, &str); 6] = [
    ("PLATFORM", "Platform"),
    ("DATA", "Data"),
    ("PAYMENTS", "Payments"),
    ("LEDGER", "Ledger"),
    ("PORTAL", "Portal"),
    ("OPS", "Operations"),
];
const STARS: [&str; 50] = [
    "ACRUX",
    "ADHARA",
    "ALBIREO",
    "ALCOR",
    "ALCYONE",
    "ALDEBARAN",
    "ALGOL",
    "ALIOTH",
    "ALKAID",
    "ALMAK",
    "ALNILAM",
    "ALPHARD",
    "ALTAIR",
    "ANTARES",
    "ARCTURUS",
    "ATRIA",
    "AVIOR",
    "BELLATRIX",
    "CANOPUS",
    "CAPELLA",
    "CAPH",
    "CASTOR",
    "DENEB",
    "DENEBOLA",
    "DIPHDA",
    "DUBHE",
    "ELNATH",
    "ELTANIN",
    "ENIF",
    "GACRUX",
    "HADAR",
    "HAMAL",
    "KOCHAB",
    "MARKAB",
    "MEGREZ",
    "MENKAR",
    "MERAK",
    "MIMOSA",
    "MIRACH",
    "MIRFAK",
    "MIZAR",
    "NUNKI",
    "PEACOCK",
    "PHECDA",
    "POLARIS",
    "POLLUX",
    "PROCYON",
    "REGULUS",
    "RIGEL",
    "VEGA",
];
const AIMS: [&str; 10] = [
    "one ledger for all countries",
    "move the shop to the new platform",
    "open banking for partners",
    "retire the old warehouse",
    "self-service for customers",
    "one identity for every account",
    "invoices without paper",
    "a second data centre",
    "same-day settlement",
    "one price list",
];
const SUBJECTS: [&str; 30] = [
    "invoice writer",
    "payments interface",
    "customer index",
    "tax engine",
    "settlement run",
    "audit trail",
    "identity service",
    "message queue",
    "reporting store",
    "address check",
    "refund flow",
    "price list",
    "access rules",
    "search index",
    "mail gateway",
    "archive",
    "scheduler",
    "load balancer",
    "partner portal",
    "mobile client",
    "order import",
    "stock feed",
    "currency table",
    "credit check",
    "document store",
    "consent record",
    "contract editor",
    "event stream",
    "backup",
    "release pipeline",
];
const DOES: [&str; 12] = [
    "is in production",
    "passes acceptance",
    "is migrated",
    "is in shadow mode",
    "is designed",
    "is load-tested",
    "is handed to operations",
    "is switched over",
    "is signed off",
    "is reviewed for security",
    "is open to partners",
    "is retired",
];
const RISKS: [&str; 10] = [
    "may not carry the load of month's end",
    "may be delivered late by its supplier",
    "has no way back once it is switched over",
    "depends on one person's knowledge",
    "may lose records in the migration",
    "may not pass the security review",
    "may cost more to run than planned",
    "may break when the interface changes",
    "may miss the legal deadline",
    "is not understood by those who will use it",
];
const ISSUES: [&str; 10] = [
    "fails under load",
    "returns wrong totals",
    "is down in the test environment",
    "waits for access rights",
    "drops messages at midnight",
    "shows the wrong currency",
    "needs a certificate that has expired",
    "is slower than before",
    "was changed without notice",
    "can't be deployed",
];
const ASSUMPTIONS: [&str; 6] = [
    "can be read by the old clients",
    "needs no change of contract",
    "keeps ten years of records",
    "will be supported until the end of the program",
    "is used by fewer than a thousand people at once",
    "has data that is clean enough to move",
];
const QUESTIONS: [&str; 8] = [
    "Build or buy the",
    "Freeze the schema of the",
    "Run two copies of the",
    "Keep history in the",
    "Move early the",
    "Open to partners the",
    "Split the",
    "Pay for support of the",
];
const ACTIONS: [&str; 8] = [
    "Rehearse the fallback of the",
    "Ask the supplier for a date for the",
    "Write the runbook of the",
    "Add a second reviewer for the",
    "Measure the load of the",
    "Check the records of the",
    "Book a test slot for the",
    "Agree the interface of the",
];
const REASONS: [&str; 12] = [
    "Found more work in review.",
    "The supplier moved its date.",
    "Two people were needed elsewhere.",
    "Test data came late.",
    "A defect had to be mended first.",
    "Scope was cut to hold the date.",
    "The interface was changed once more.",
    "Security review took longer.",
    "We are faster than planned.",
    "An environment was not there.",
    "A decision came late.",
    "Estimated anew with what we know now.",
];

/// Key and name of the program of this place; unlike any other's up to 50.
pub(super) fn program(at: usize) -> (String, String) {
    let star = STARS[at % STARS.len()];
    let key = if at < STARS.len() { star.to_owned() } else { format!("P{at}") };
    let title: String = star.chars().take(1).chain(star.to_lowercase().chars().skip(1)).collect();
    (key, format!("{title}: {}", AIMS[at % AIMS.len()]))
}

/// A person's name, unlike any other's.
pub(super) fn person(at: usize) -> String {
    let (first, last) = (at % FIRST.len(), at / FIRST.len());
    let name = format!("{} {}", FIRST[first], LAST[(last + first * 7) % LAST.len()]);
    match last / LAST.len() {
        0 => name,
        more => format!("{name} {}", more + 1),
    }
}

fn one<'w>(rng: &mut StdRng, of: &[&'w str]) -> &'w str {
    of[rng.random_range(0..of.len())]
}

fn after_subject(rng: &mut StdRng, does: &[&str]) -> String {
    let subject = one(rng, &SUBJECTS);
    let (first, rest) = subject.split_at(1);
    format!("{}{rest} {}", first.to_uppercase(), one(rng, does))
}

fn before_subject(rng: &mut StdRng, does: &[&str]) -> String {
    format!("{} {}", one(rng, does), one(rng, &SUBJECTS))
}

pub(super) fn milestone(rng: &mut StdRng) -> String {
    after_subject(rng, &DOES)
}

pub(super) fn risk(rng: &mut StdRng) -> String {
    after_subject(rng, &RISKS)
}

pub(super) fn issue(rng: &mut StdRng) -> String {
    after_subject(rng, &ISSUES)
}

pub(super) fn assumption(rng: &mut StdRng) -> String {
    after_subject(rng, &ASSUMPTIONS)
}

pub(super) fn dependency(rng: &mut StdRng) -> String {
    format!("Interface of the {}", one(rng, &SUBJECTS))
}

pub(super) fn decision(rng: &mut StdRng) -> String {
    format!("{}?", before_subject(rng, &QUESTIONS))
}

pub(super) fn change(rng: &mut StdRng) -> String {
    format!("Change the {}", one(rng, &SUBJECTS))
}

pub(super) fn action(rng: &mut StdRng) -> String {
    before_subject(rng, &ACTIONS)
}

pub(super) fn activity(rng: &mut StdRng) -> String {
    before_subject(rng, &["Design", "Build", "Test", "Document", "Migrate", "Review", "Deploy", "Measure"])
}

pub(super) fn reason(rng: &mut StdRng) -> String {
    one(rng, &REASONS).to_owned()
}
