/** Under an agent's own answer: propose it as an article. */
import { el } from "../../shared/js/dom.js";
import { proposeAnswer } from "./api.js";

const MOST_CHARACTERS = 300; // of a title; the knowledge base takes no more

/** Return the button; `question()` is what the customer had asked before. */
export function proposalButton({ question, answer, conversationId }) {
  const button = el("button", { class: "link propose", type: "button" }, "Propose as article");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { duplicate_of: known } = await proposeAnswer({
        question: question.slice(0, MOST_CHARACTERS),
        answer,
        conversation_id: conversationId,
      });
      button.replaceWith(said(known ? `There is an article already: ${known.title}` : "Proposed to the editors"));
    } catch (error) {
      console.warn("tandem: the answer could not be proposed", error);
      button.disabled = false;
      button.textContent = "Not proposed. Try again";
    }
  });
  return button;
}

function said(words) {
  return el("span", { class: "proposed", role: "status", dir: "auto" }, words);
}
