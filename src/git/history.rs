//! The history of one folder: every commit that changed a file directly in it, through renames and merges.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use git2::{Commit, Oid, Sort, Tree};

use super::snapshot::is_file;
use super::{GitError, Repo};
use crate::base::Timestamp;

/// Who made a commit, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Full id.
    pub id: String,
    /// Name of the author.
    pub author: String,
    /// E-mail address of the author.
    pub email: String,
    /// When it was authored.
    pub time: Timestamp,
    /// First line of its message.
    pub summary: String,
}

/// The files directly in a folder at one commit, each with the id of its content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderFiles {
    /// The folder, by its name at that commit.
    pub folder: String,
    /// Content id by file name.
    pub files: BTreeMap<String, String>,
}

/// A commit that changed the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The commit.
    pub commit: CommitFacts,
    /// The files after it.
    pub after: FolderFiles,
    /// The files before it, one entry per parent; empty where the folder began.
    pub before: Vec<FolderFiles>,
}

impl Repo {
    /// Commits reachable from HEAD that changed files directly in `folder`, newest first, each before its parents.
    ///
    /// A merge whose folder equals that of one parent is no step, and only that parent is followed, as in `git log`. A
    /// folder that appears with the files of another one that went is followed to its former name.
    ///
    /// # Errors
    /// [`GitError`] when the repository cannot be read. Before the first commit there are no steps.
    pub fn folder_history(&self, folder: &str) -> Result<Vec<Step>, GitError> {
        let Some(head) = self.head() else { return Ok(Vec::new()) };
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(head.id())?;
        // Commits whose folder is of interest, with its name there.
        let mut wanted: HashMap<Oid, String> = HashMap::from([(head.id(), self.inner(folder))]);
        let mut steps = Vec::new();
        for id in walk {
            let id = id?;
            let Some(name) = wanted.remove(&id) else { continue };
            let commit = self.git.find_commit(id)?;
            steps.extend(self.step(&commit, &name, &mut wanted)?);
            if wanted.is_empty() {
                break;
            }
        }
        Ok(steps)
    }

    /// The files directly in `folder` at HEAD; `None` before the first commit or when it is not there.
    ///
    /// # Errors
    /// [`GitError`] when the repository cannot be read.
    pub fn folder_at_head(&self, folder: &str) -> Result<Option<FolderFiles>, GitError> {
        let Some(head) = self.head() else { return Ok(None) };
        let name = self.inner(folder);
        let tree = self.folder_tree(&head.tree()?, &name);
        Ok(tree.map(|tree| self.listed(&name, &tree)))
    }

    /// The content that [`FolderFiles`] names by its id.
    pub fn content(&self, id: &str) -> Option<Vec<u8>> {
        Some(self.git.find_blob(id.parse().ok()?).ok()?.content().to_vec())
    }

    /// What `commit` did to the folder; its parents are added to what is wanted.
    fn step(
        &self,
        commit: &Commit<'_>,
        name: &str,
        wanted: &mut HashMap<Oid, String>,
    ) -> Result<Option<Step>, GitError> {
        let tree = commit.tree()?;
        let own = self.folder_tree(&tree, name);
        let own_id = own.as_ref().map(Tree::id);
        let mut before = Vec::new();
        let mut parents = Vec::new();
        for parent in commit.parents() {
            let parent_tree = parent.tree()?;
            let there = self.folder_tree(&parent_tree, name);
            if there.as_ref().map(Tree::id) == own_id {
                wanted.entry(parent.id()).or_insert_with(|| name.to_owned());
                return Ok(None);
            }
            parents.push((parent.id(), parent_tree, there));
        }
        for (id, parent_tree, there) in parents {
            if let Some(there) = there {
                before.push(self.listed(name, &there));
                wanted.entry(id).or_insert_with(|| name.to_owned());
            } else if own.is_some()
                && let Some(former) = self.former_name(&parent_tree, &tree, name)?
                && let Some(there) = self.folder_tree(&parent_tree, &former)
            {
                before.push(self.listed(&former, &there));
                wanted.entry(id).or_insert(former);
            } else {
                // Not there before: earlier commits may have had it all the same, deleted in between.
                wanted.entry(id).or_insert_with(|| name.to_owned());
            }
        }
        let after = own.map_or_else(
            || FolderFiles { folder: name.to_owned(), ..FolderFiles::default() },
            |tree| self.listed(name, &tree),
        );
        let was_nothing = before.iter().all(|files: &FolderFiles| files.files.is_empty());
        if was_nothing && after.files.is_empty() {
            return Ok(None);
        }
        if before.iter().any(|files| files.files == after.files && files.folder == after.folder) {
            return Ok(None);
        }
        Ok(Some(Step { commit: facts_of(commit), after, before }))
    }

    fn folder_tree(&self, tree: &Tree<'_>, name: &str) -> Option<Tree<'_>> {
        let entry = tree.get_path(Path::new(name)).ok()?;
        self.git.find_tree(entry.id()).ok()
    }

    fn listed(&self, name: &str, tree: &Tree<'_>) -> FolderFiles {
        let files = tree
            .iter()
            .filter(is_file)
            .filter_map(|entry| Some((entry.name().ok()?.to_owned(), entry.id().to_string())));
        FolderFiles { folder: self.outer(name).unwrap_or(name).to_owned(), files: files.collect() }
    }
}

fn facts_of(commit: &Commit<'_>) -> CommitFacts {
    let author = commit.author();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    CommitFacts {
        id: commit.id().to_string(),
        author: text(author.name_bytes()),
        email: text(author.email_bytes()),
        time: Timestamp(author.when().seconds().saturating_mul(1_000)),
        summary: text(commit.summary_bytes().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    fn summaries(sandbox: &Sandbox, folder: &str) -> Vec<String> {
        let steps = sandbox.repo().folder_history(folder).expect("history");
        steps.into_iter().map(|step| step.commit.summary).collect()
    }

    #[test]
    fn only_commits_that_changed_the_folder_are_steps() {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.repo().folder_history("prompts/a"), Ok(Vec::new()), "no commit yet");
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        sandbox.commit("release 1.0.0\n\nwith a body");
        sandbox.write("prompts/b/1.0.0.yaml", "other");
        sandbox.commit("another prompt");
        sandbox.write("prompts/a/prompt.yaml", "labels: {production: 1.0.0}");
        sandbox.commit("label");
        assert_eq!(summaries(&sandbox, "prompts/a"), ["label", "release 1.0.0"]);
        let steps = sandbox.repo().folder_history("prompts/a").expect("history");
        assert_eq!(steps[0].commit.author, "Ada");
        assert_eq!(steps[0].commit.time, Timestamp(1_700_000_002_000));
        assert_eq!(steps[0].before[0].files.len(), 1);
        assert_eq!(steps[1].before, []);
        let id = &steps[0].after.files["prompt.yaml"];
        assert_eq!(sandbox.repo().content(id).as_deref(), Some(&b"labels: {production: 1.0.0}"[..]));
    }

    #[test]
    fn renamed_folders_are_followed_and_copies_are_not() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/old/1.0.0.yaml", "a prompt of some length, so that it is recognised\n");
        sandbox.commit("made as old");
        sandbox.rename("prompts/old", "prompts/new");
        sandbox.commit("renamed");
        sandbox.write("prompts/new/1.1.0.yaml", "second\n");
        sandbox.commit("second");
        assert_eq!(summaries(&sandbox, "prompts/new"), ["second", "renamed", "made as old"]);
        let steps = sandbox.repo().folder_history("prompts/new").expect("history");
        assert_eq!(steps[1].before[0].folder, "prompts/old");
        // The folder of all prompts is renamed too.
        sandbox.rename("prompts", "texts");
        sandbox.commit("moved all");
        assert_eq!(summaries(&sandbox, "texts/new"), ["moved all", "second", "renamed", "made as old"]);
        sandbox.write("texts/copy/1.0.0.yaml", "a prompt of some length, so that it is recognised\n");
        sandbox.commit("copied");
        assert_eq!(summaries(&sandbox, "texts/copy"), ["copied"]);
    }

    #[test]
    fn both_sides_of_a_merge_are_steps_and_the_merge_itself_only_when_it_decides() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        let base = sandbox.commit("base");
        sandbox.branch("side", &base);
        sandbox.write("prompts/a/1.1.0.yaml", "side");
        let side = sandbox.commit("side release");
        sandbox.checkout("main");
        sandbox.write("prompts/a/prompt.yaml", "labels: {}");
        sandbox.commit("main label");
        sandbox.write("prompts/a/1.1.0.yaml", "side");
        sandbox.commit_with("merge of both", &[&side]);
        assert_eq!(summaries(&sandbox, "prompts/a"), ["merge of both", "main label", "side release", "base"]);
        // A merge that takes one side as it is: the other side is not part of how it came to be.
        let now = sandbox.repo().commit_id("HEAD").expect("head");
        sandbox.branch("lost", &now);
        sandbox.write("prompts/a/9.0.0.yaml", "lost");
        let lost = sandbox.commit("lost work");
        sandbox.checkout("main");
        sandbox.commit_with("merge that drops it", &[&lost]);
        assert_eq!(summaries(&sandbox, "prompts/a").first().map(String::as_str), Some("merge of both"));
    }

    #[test]
    fn a_folder_that_was_deleted_and_made_again_keeps_its_history() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        sandbox.write("x.txt", "x");
        sandbox.commit("made");
        std::fs::remove_dir_all(sandbox.path().join("prompts")).expect("remove");
        sandbox.commit("deleted");
        sandbox.write("prompts/a/1.0.0.yaml", "quite another text");
        sandbox.commit("made again");
        assert_eq!(summaries(&sandbox, "prompts/a"), ["made again", "deleted", "made"]);
    }
}
