//! The edge through its public door, in front of real servers on this machine.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod choosing;
#[cfg(test)]
mod passing;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod surviving;
