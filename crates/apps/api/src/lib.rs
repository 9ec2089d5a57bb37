//! The main API: assembles the features into one server.
