//! Scrapes of some families only.
