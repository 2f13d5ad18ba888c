-- One row a message, with what follows from its facts, numbers in full. What the other views are made of.
CREATE OR REPLACE VIEW ${store}.message AS
${message}
