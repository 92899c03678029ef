//! Certificates of authorities that the system does not know: of a company's proxy, of a server of one's own.

use std::path::Path;

use super::Session;
use crate::base::{Diagnostic, Place, Problems, files};
use crate::net::ca_problem;

/// Variables that name a file of them; the first that is set counts. The second one is other tools' as well.
const VARIABLES: [&str; 2] = ["KARAT_CA_FILE", "SSL_CERT_FILE"];

/// Largest file of certificates, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The certificates that the environment names, PEM.
pub(in crate::cli) fn from_env(session: &Session, problems: &mut Problems) -> Option<Vec<u8>> {
    from_env_for(true, session, problems)
}

/// The same for connections some of which are encrypted, or none. Then only karat's own variable is looked at, which must
/// always be right: the other often names all authorities of a system, and looking through them takes a while.
pub(in crate::cli) fn from_env_for(encrypted: bool, session: &Session, problems: &mut Problems) -> Option<Vec<u8>> {
    let (variable, path) = VARIABLES.iter().find_map(|name| Some((*name, session.env.get(name)?)))?;
    if !encrypted && variable != VARIABLES[0] {
        return None;
    }
    match read(&session.cwd.join(path), Path::new(path)) {
        Ok(pem) => Some(pem),
        // The TLS library reads it by itself, and tells when a connection fails for it.
        Err(_) if variable != VARIABLES[0] => None,
        Err(diagnostic) => {
            let help = format!("{variable} in the environment or in .env must name a PEM file of certificates");
            problems.push(diagnostic.help(help));
            None
        }
    }
}

/// The certificates that `karat.yaml` names, PEM.
pub(in crate::cli) fn from_file(
    path: &Path,
    place: Option<Place>,
    session: &Session,
    problems: &mut Problems,
) -> Option<Vec<u8>> {
    match read(path, &session.shown(path)) {
        Ok(pem) => Some(pem),
        Err(diagnostic) => {
            let diagnostic = diagnostic.help("`ca_file` must be a PEM file of certificates");
            problems.push(Diagnostic { place: place.or(diagnostic.place.clone()), ..diagnostic });
            None
        }
    }
}

fn read(path: &Path, shown: &Path) -> Result<Vec<u8>, Box<Diagnostic>> {
    let pem = files::read_bytes(path, shown, LIMIT)?;
    match ca_problem(&pem) {
        None => Ok(pem),
        Some(problem) => {
            Err(Box::new(Diagnostic::error("invalid-ca-file", format!("`{}`: {problem}", shown.display()))))
        }
    }
}
