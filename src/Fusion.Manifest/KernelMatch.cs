namespace Fusion.Manifest;

/// <summary>Finds the kernel of a launcher. Build and run time use the same rule, so that both find the same
/// kernel.</summary>
internal static class KernelMatch
{
    /// <summary>Finds the kernel of a launcher.</summary>
    /// <param name="name">Name of the kernel as the launcher knows it.</param>
    /// <param name="kernels">Kernels of the launcher's module, without those that have the name of another launcher.</param>
    /// <returns>The kernel; null if there is none, since an <c>#if</c> may have left it out.</returns>
    public static KernelEntry? Find(string name, IReadOnlyList<KernelEntry> kernels) =>
        kernels.FirstOrDefault(kernel => kernel.Name == name)
        // The launcher's name has types if the source has overloads, of which an #if may have left one.
        ?? kernels.FirstOrDefault(kernel => WithTypes(kernel) == name)
        // The launcher's generator does not see a namespace that a macro opens.
        ?? (kernels.Where(kernel => IsPart(kernel.Name, name)).Take(2).ToArray() is [var only] ? only : null);

    private static string WithTypes(KernelEntry kernel) =>
        $"{kernel.Name}({string.Join(", ", kernel.Parameters.Select(parameter => parameter.Type))})";

    // Names with template arguments or parameter types are complete.
    private static bool IsPart(string a, string b) => !a.AsSpan().ContainsAny('<', '(') && !b.AsSpan().ContainsAny('<', '(')
        && (a.EndsWith("::" + b, StringComparison.Ordinal) || b.EndsWith("::" + a, StringComparison.Ordinal));
}
