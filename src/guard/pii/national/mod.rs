//! National numbers of persons, by part of the world.
//!
//! Rules are those the issuing offices publish; passports and driving licences have no check digit in what is printed and
//! are left out.

mod americas;
mod asia;
mod europe;
mod north;
mod south;

use super::detector::Detector;

pub(super) const TABLES: [&[Detector]; 5] =
    [americas::DETECTORS, europe::DETECTORS, north::DETECTORS, south::DETECTORS, asia::DETECTORS];
