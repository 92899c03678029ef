//! Checks on formats other than JSON and SQL: XML, HTML, YAML, CSV and blocks of code.

mod code;
pub(super) mod code_block;
pub(super) mod csv;
mod csv_read;
pub(super) mod html;
mod html_read;
pub(super) mod xml;
mod xml_read;
pub(super) mod yaml;
mod yaml_read;
