namespace Fusion.Compiler.Images;

/// <summary>What a token of C++ is.</summary>
internal enum CppTokenKind
{
    /// <summary>An identifier or keyword.</summary>
    Word,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A string or character literal; its text is not kept.</summary>
    Literal,

    /// <summary>A preprocessor directive; its text is its name: <c>if</c>, <c>else</c>, <c>define</c>.</summary>
    Directive,

    /// <summary><c>::</c>, <c>-&gt;</c>, <c>...</c> or one character.</summary>
    Mark,
}

/// <summary>A token of C++.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Text.</param>
internal readonly record struct CppToken(CppTokenKind Kind, string Text)
{
    /// <summary>Where it starts in the text.</summary>
    public int Start { get; init; }

    /// <summary>Where it ends in the text: behind its last character.</summary>
    public int End { get; init; }

    /// <summary>The words and numbers of a directive, its name first; null for other tokens.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>Whether the token is an identifier or keyword.</summary>
    public bool IsWord => Kind == CppTokenKind.Word;

    /// <summary>Whether the token is a certain mark.</summary>
    /// <param name="text">The mark.</param>
    public bool IsMark(string text) => Kind == CppTokenKind.Mark && Text == text;

    /// <summary>Whether the token is a certain identifier or keyword.</summary>
    /// <param name="text">The word.</param>
    public bool Is(string text) => Kind == CppTokenKind.Word && Text == text;
}
