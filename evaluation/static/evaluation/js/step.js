// A new step brings a matrix or a form to sign, and modules bind those when the page loads: so load it.
// Scores that are not confirmed yet are kept by matrix.js and sent again.

document.addEventListener("refreshed", ({ detail }) => {
  if (["own-task", "step-body"].includes(detail.id)) location.reload();
});
