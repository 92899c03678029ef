// Answers karat's questions with a function of a module: one line of JSON in, one line out.
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [file, wanted, config] = [process.argv[1], process.argv[2], JSON.parse(process.argv[3])];

// stdout is karat's: what the module prints goes to stderr.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...given) => process.stderr.write(...given);
const say = (answer) => {
  let line;
  try {
    line = JSON.stringify(answer);
  } catch (error) {
    line = JSON.stringify({ id: answer.id, error: { message: `the answer is not JSON: ${error.message}` } });
  }
  write(line + "\n");
};

const told = (error) => {
  const name = basename(file);
  const frame = String(error?.stack ?? "").split("\n").find((line) => line.includes(name + ":"));
  const at = frame?.match(/:(\d+):\d+\)?$/)?.[1];
  return `${error?.name ?? "Error"}: ${error?.message ?? error}${at ? ` (${name}:${at})` : ""}`;
};

const promptOf = ({ messages, input }) =>
  messages.length === 1 && messages[0].role === "user" ? input : JSON.stringify(messages);

// The function that answers a question, in either of its two forms.
const callsApi = (callApi) => (question) => {
  const prompt = promptOf(question);
  const context = { vars: question.vars, prompt: { raw: prompt, label: prompt } };
  return callApi(prompt, context, { config });
};
const answers = (answer) => (question) => {
  const { input, vars, messages, system, model, params } = question;
  return answer(input, vars, { messages, system, model, params, config });
};
const isClass = (value) => typeof value === "function" && typeof value.prototype?.callApi === "function";

const pick = (module) => {
  const inner = module.default;
  const find = (name) => module[name] ?? inner?.[name];
  if (wanted) {
    const found = find(wanted);
    if (typeof found === "function") return wanted === "callApi" ? callsApi(found.bind(inner)) : answers(found);
    const names = Object.keys({ ...inner, ...module }).filter((name) => typeof find(name) === "function");
    throw new Error(`${file} exports no function \`${wanted}\`; it exports ${names.join(", ") || "none"}`);
  }
  if (isClass(inner)) {
    const provider = new inner({ id: `file://${file}`, config });
    return callsApi(provider.callApi.bind(provider));
  }
  if (typeof find("callApi") === "function") return callsApi(find("callApi").bind(inner));
  if (typeof find("answer") === "function") return answers(find("answer"));
  if (typeof inner === "function") return answers(inner);
  throw new Error(`${file} exports no default function, \`callApi\` or \`answer\``);
};

const normal = (result) => {
  if (result === undefined || result === null) {
    return { error: { message: "the function returned nothing; return a text, or an object with `output`" } };
  }
  const known = ["output", "error", "tool_calls", "refusal"];
  if (typeof result !== "object" || Array.isArray(result) || !known.some((key) => key in result)) {
    return { output: result };
  }
  const { tokenUsage, ...answer } = result;
  if (tokenUsage && !answer.usage) answer.usage = { input: tokenUsage.prompt, output: tokenUsage.completion };
  return answer;
};

let answer;
try {
  answer = pick(await import(pathToFileURL(resolve(file)).href));
} catch (error) {
  say({ karat: 1, failed: told(error) });
  process.exit(0);
}
say({ karat: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let result;
  try {
    result = normal(await answer(question));
  } catch (error) {
    console.error(error);
    result = { error: { message: told(error) } };
  }
  say({ ...result, id: question.id });
}
process.exit(0);
