"""
The places where changes are reviewed: a plan becomes a comment there, drift becomes an issue.

here      which forge this job runs in, and what it is about: read from the CI's environment
talk      a thread of texts, and the one text in it that is ours: found, edited, else posted
github    comments of a pull request, and issues, of GitHub
gitlab    notes of a merge request, and issues, of GitLab
channel   the HTTP beneath both
"""
