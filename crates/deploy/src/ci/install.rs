//! How the binary gets to where a job runs: nothing is taken whose content was not named before.

use super::word;

/// Where the binary comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Install {
    /// A file or a `.tar.gz` with a `landfall` in it, with the SHA-256 that it must have.
    Download {
        /// `https://…`
        url: String,
        /// 64 hexadecimal digits.
        sha256: String,
    },
    /// Built from one revision of a repository.
    Source {
        /// The repository's address.
        repository: String,
        /// A whole commit id.
        revision: String,
    },
    /// Not said yet: the job fails and says what to set.
    Unset,
}

impl Install {
    /// Shell commands for a POSIX shell. They leave the binary in `$HOME/.local/bin`.
    pub(super) fn script(&self) -> String {
        match self {
            Self::Download { url, sha256 } => download(&word(url), &word(sha256), url.ends_with(".tar.gz") || url.ends_with(".tgz")),
            Self::Source { repository, revision } => format!(
                "cargo install --locked --root \"$HOME/.local\" --git {} --rev {} landfall",
                word(repository),
                word(revision)
            ),
            Self::Unset => "\
# Set both in this file: where the binary is, and the SHA-256 that it must have.
LANDFALL_URL=''
LANDFALL_SHA256=''
if [ -z \"$LANDFALL_URL\" ] || [ -z \"$LANDFALL_SHA256\" ]; then
  echo 'Set LANDFALL_URL and LANDFALL_SHA256 in this file, or make it again with landfall ci --install-from URL --sha256 DIGEST.' >&2
  exit 1
fi
".to_owned() + &download("\"$LANDFALL_URL\"", "\"$LANDFALL_SHA256\"", false),
        }
    }

    /// The container image for systems that run jobs in one.
    pub(super) fn image(&self) -> &'static str {
        match self {
            Self::Source { .. } => "rust:1-bookworm",
            Self::Download { .. } | Self::Unset => "buildpack-deps:bookworm-curl",
        }
    }

    /// What has to be said about it.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Download { .. } => None,
            Self::Source { .. } => {
                Some("every job builds Landfall from source, which takes minutes: publish the binary and use `--install-from`".to_owned())
            }
            Self::Unset => Some(
                "the install step is empty: set LANDFALL_URL and LANDFALL_SHA256 in the file, or give `--install-from URL --sha256 DIGEST`, or \
                 `--install-git URL --rev COMMIT`"
                    .to_owned(),
            ),
        }
    }
}

fn download(url: &str, sha256: &str, archive: bool) -> String {
    let name = if archive { "landfall.tar.gz" } else { "landfall" };
    let put = if archive {
        "tar -xzf \"$place/landfall.tar.gz\" -C \"$HOME/.local/bin\" landfall"
    } else {
        "install -m 0755 \"$place/landfall\" \"$HOME/.local/bin/landfall\""
    };
    format!(
        "place=$(mktemp -d)
curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output \"$place/{name}\" {url}
echo {sha256}\"  $place/{name}\" | sha256sum --check --strict
mkdir -p \"$HOME/.local/bin\"
{put}"
    )
}
