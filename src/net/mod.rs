//! The one HTTP client: requests and replies as plain data.
