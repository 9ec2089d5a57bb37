//! Properties of experiments that need no server.

#[cfg(test)]
mod assignment;
