namespace Fusion.Manifest;

/// <summary>Finds the kernel that a launcher means. The build asks the same question as the program that launches, so what the build
/// finds, the program finds too.</summary>
internal static class KernelMatch
{
    /// <summary>Finds a kernel.</summary>
    /// <param name="name">The name by which the launcher looks for it.</param>
    /// <param name="kernels">The kernels of the launcher's module, without those that have the name of another launcher.</param>
    /// <returns>Null if it is not there: an <c>#if</c> may have left it out.</returns>
    public static KernelEntry? Find(string name, IReadOnlyList<KernelEntry> kernels) =>
        kernels.FirstOrDefault(kernel => kernel.Name == name)
        // Of several with one name, an #if left but this one.
        ?? kernels.FirstOrDefault(kernel => WithTypes(kernel) == name)
        // A macro may open a namespace unseen.
        ?? (kernels.Where(kernel => IsPart(kernel.Name, name)).Take(2).ToArray() is [var only] ? only : null);

    private static string WithTypes(KernelEntry kernel) =>
        $"{kernel.Name}({string.Join(", ", kernel.Parameters.Select(parameter => parameter.Type))})";

    // Names with arguments or types are whole as they are.
    private static bool IsPart(string a, string b) => !a.AsSpan().ContainsAny('<', '(') && !b.AsSpan().ContainsAny('<', '(')
        && (a.EndsWith("::" + b, StringComparison.Ordinal) || b.EndsWith("::" + a, StringComparison.Ordinal));
}
