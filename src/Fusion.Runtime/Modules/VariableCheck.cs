using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Finds the variable that an accessor was generated for, and checks that their sizes agree.</summary>
internal static class VariableCheck
{
    /// <summary>Finds and checks the variable of an accessor.</summary>
    /// <param name="declaration">Declaration of the accessor.</param>
    /// <param name="modules">Modules of the library with their images.</param>
    /// <returns>The variable; null if there is none, since an <c>#if</c> or the compiler may have left it out.</returns>
    /// <exception cref="KernelLoadException">The sizes differ.</exception>
    public static KernelVariable? Check(VariableDeclaration declaration, IEnumerable<ImageChoice> modules)
    {
        var variables = modules.FirstOrDefault(choice => choice.Module.Name == declaration.Module)?.Image?.Variables ?? [];
        if (Find(declaration.Name, variables) is not { } found) return null;
        var fits = declaration.Count > 0
            ? found.Size == declaration.Count * declaration.ElementSize
            : found.Size % declaration.ElementSize == 0;
        return fits ? found : throw LoadErrors.LauncherMismatch(
            declaration,
            $"'{declaration.Type} {declaration.Name}' is {Count(declaration)} of " +
            $"{KernelErrors.Bytes(declaration.ElementSize)} in C#, the variable has {found.Size} bytes");
    }

    private static string Count(VariableDeclaration declaration) => declaration.Count switch
    {
        0 => "elements",
        1 => "one element",
        var count => $"{count} elements",
    };

    // The generator does not see a namespace that a macro opens.
    private static KernelVariable? Find(string name, IReadOnlyList<KernelVariable> variables) =>
        variables.FirstOrDefault(variable => variable.Name == name)
        ?? (variables.Where(variable => IsPart(variable.Name, name)).Take(2).ToArray() is [var only] ? only : null);

    private static bool IsPart(string a, string b) =>
        a.EndsWith("::" + b, StringComparison.Ordinal) || b.EndsWith("::" + a, StringComparison.Ordinal);
}
