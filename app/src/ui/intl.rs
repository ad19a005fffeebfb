//! Dates by the browser's `Intl`: no calendar data of our own in what browsers load.

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(feature = "hydrate")]
mod web;

#[cfg(not(feature = "hydrate"))]
pub(super) use stub::{date, day_of, moment, today};
#[cfg(not(feature = "hydrate"))]
pub(crate) use stub::{own_time_zone, time_zones};
#[cfg(feature = "hydrate")]
pub(super) use web::{date, day_of, moment, today};
#[cfg(feature = "hydrate")]
pub(crate) use web::{own_time_zone, time_zones};
