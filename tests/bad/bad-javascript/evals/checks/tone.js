// Polite and short.
const words = output.split(" ");
return words.length < 50 && polite(words);
