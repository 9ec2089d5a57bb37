//! The gateway through its port, against a scripted provider.

#[cfg(test)]
mod aliases;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod callers;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod client;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod guarding;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod metering;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod otlp;
#[cfg(test)]
mod own_redis;
#[cfg(test)]
mod passing;
#[cfg(test)]
mod process;
#[cfg(test)]
mod redis_away;
#[cfg(test)]
mod redis_over_tls;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod tasks;
