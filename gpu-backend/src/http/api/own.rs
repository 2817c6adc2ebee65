//! Who may remove what.

use axum::http::StatusCode;

use crate::http::{
    problem::Problem,
    tokens::{Role, Who},
};

/// Refuses to change what somebody else has brought, but for administrators.
///
/// # Errors
/// If it is somebody else's.
pub fn is_own(who: &Who, owner: &str) -> Result<(), Problem> {
    if who.role == Role::Admin || who.name == owner {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "somebody else has brought this: an administrator's token may change it",
    ))
}

/// Refuses everybody but administrators.
///
/// # Errors
/// If it is somebody else.
pub fn is_admin(who: &Who) -> Result<(), Problem> {
    if who.role == Role::Admin {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "an administrator's token is needed"))
}
