//! The units that promlint, the linter that Prometheus ships, knows in a metric's name.

/// Base units, which a metric's name ends in.
pub const BASE: [&str; 10] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds",
    "volts",
];

/// Units that are not base units, with the base unit of the same quantity.
pub const OTHER: [(&str, &str); 14] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

/// What makes another unit of a unit. `mibi` is promlint's spelling of `mebi`; both are known here.
pub const PREFIXES: [&str; 20] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mibi", "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi", "exa",
];

/// Abbreviated units, with the base unit they probably stand for.
pub const ABBREVIATIONS: [(&str, &str); 14] = [
    ("s", "seconds"),
    ("ms", "seconds"),
    ("us", "seconds"),
    ("ns", "seconds"),
    ("sec", "seconds"),
    ("b", "bytes"),
    ("kb", "bytes"),
    ("mb", "bytes"),
    ("gb", "bytes"),
    ("tb", "bytes"),
    ("pb", "bytes"),
    ("m", "seconds"),
    ("h", "seconds"),
    ("d", "seconds"),
];
